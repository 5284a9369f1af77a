import type { Context, Event, Result } from './types.ts';

/** Greets whoever the body names: `echo Ada | faas-cli invoke NAME`. */
export default async function handle(event: Event, _context: Context): Promise<Result> {
  const name = event.text().trim() || 'world';
  return `Hello, ${name}!\n`;
}
