/** Go's names of layouts, in Go's own notation of the reference time. */
const LAYOUTS: Readonly<Record<string, string>> = {
  RFC3339: '2006-01-02T15:04:05Z07:00',
  DateTime: '2006-01-02 15:04:05',
  Kitchen: '3:04PM',
  Stamp: 'Jan _2 15:04:05',
  TimeOnly: '15:04:05',
};
export const TIME_FORMATS = Object.keys(LAYOUTS);

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const ELEMENT = /2006|01|02|_2|15|03|3|04|05|Jan|PM|Z07:00|-0700|MST/g;

/**
 * A time in UTC by one of Go's layouts; as it came without one.
 *
 * @param layout a name such as `Kitchen`, or a layout of Go such as `15:04`
 */
export function formatTime(rfc3339: string, layout: string | undefined): string {
  const at = new Date(rfc3339);
  if (layout === undefined || Number.isNaN(at.getTime())) return rfc3339;
  const two = (value: number) => String(value).padStart(2, '0');
  const values: Readonly<Record<string, string>> = {
    '2006': String(at.getUTCFullYear()),
    '01': two(at.getUTCMonth() + 1),
    Jan: MONTHS[at.getUTCMonth()]!,
    '02': two(at.getUTCDate()),
    _2: String(at.getUTCDate()).padStart(2),
    '15': two(at.getUTCHours()),
    '03': two(at.getUTCHours() % 12 || 12),
    '3': String(at.getUTCHours() % 12 || 12),
    '04': two(at.getUTCMinutes()),
    '05': two(at.getUTCSeconds()),
    PM: at.getUTCHours() < 12 ? 'AM' : 'PM',
    'Z07:00': 'Z',
    '-0700': '+0000',
    MST: 'UTC',
  };
  return (LAYOUTS[layout] ?? layout).replace(ELEMENT, (element) => values[element]!);
}
