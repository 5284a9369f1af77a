import { draw } from './draw.ts';

/** The parts of the watchdog's event and context that this function uses. */
interface Event {
  readonly query: Readonly<Record<string, string | string[]>>;
  text(): string;
}
interface Context {
  status(code: number): Context;
}

const MAX_CHARACTERS = 2000;

/** Draws the body with large letters: `?width=COLUMNS` (80) and `?pixel=CHARACTER` (`#`) change how. */
export default function handle(event: Event, context: Context): string {
  const text = event.text().replace(/[\r\n]+$/, '');
  if (text.trim() === '') return refuse(context, 'The body is empty: send the text to draw.');
  if (text.length > MAX_CHARACTERS)
    return refuse(context, `The text has ${text.length} characters: send ${MAX_CHARACTERS} at most.`);
  const width = Number(event.query.width ?? 80);
  if (!Number.isInteger(width) || width < 10 || width > 1000)
    return refuse(context, `width must be a whole number from 10 to 1000, got "${event.query.width}".`);
  const pixel = event.query.pixel ?? '#';
  if (typeof pixel !== 'string' || [...pixel].length !== 1)
    return refuse(context, `pixel must be one character, got "${pixel}".`);
  return draw(text, { width, pixel });
}

function refuse(context: Context, message: string): string {
  context.status(400);
  return `${message}\n`;
}
