/** Greets whoever the body names: `echo Ada | faas-cli invoke NAME`. */
export default async function handle(event, _context) {
  const name = event.text().trim() || 'world';
  return `Hello, ${name}!\n`;
}
