import type { Cron, CronField } from './cron.ts';

const MONTHS = 'January,February,March,April,May,June,July,August,September,October,November,December'.split(',');
const DAYS = 'Sunday,Monday,Tuesday,Wednesday,Thursday,Friday,Saturday'.split(',');
/** More times than this a day are told by minutes and hours instead. */
const MAX_TIMES = 6;

/** One English sentence. */
export function explain({ minute, hour, day, month, weekday }: Cron): string {
  const months = month.all ? '' : ` in ${words(month.values.map((value) => MONTHS[value - 1]!))}`;
  return `${time(minute, hour)}${days(day, weekday, months)}.`;
}

function time(minute: CronField, hour: CronField): string {
  if (hour.values.length * minute.values.length <= MAX_TIMES) {
    const times = hour.values.flatMap((h) => minute.values.map((m) => `${two(h)}:${two(m)}`));
    return `At ${words(times)}`;
  }
  const steps = minute.all ? 'Every minute' : every(minute, 60, 'minute');
  const minutes = steps ?? `At minute ${words(minute.values.map(String))}`;
  if (hour.all) return steps ?? `${minutes} of every hour`;
  const hours = every(hour, 24, 'hour')?.toLowerCase();
  return `${minutes} ${hours === undefined ? `past ${words(hour.values.map((h) => `${two(h)}:00`))}` : `of ${hours}`}`;
}

/** `Every 15 minutes`, when the values are all multiples of a step from zero on. */
function every({ values }: CronField, size: number, unit: string): string | undefined {
  const step = (values[1] ?? 0) - values[0]!;
  const isEven = values[0] === 0 && step > 1 && size % step === 0 && values.length === size / step;
  return isEven ? `Every ${step} ${unit}s` : undefined;
}

function days(day: CronField, weekday: CronField, months: string): string {
  const dates = `on day ${words(day.values.map(String))} of ${months === '' ? 'every month' : months.slice(' in '.length)}`;
  const week = `on ${words(ranges(weekday.values))}`;
  if (day.all && weekday.all) return months === '' ? ', every day' : `, every day${months}`;
  if (weekday.all) return `, ${dates}`;
  if (day.all) return `, ${week}${months}`;
  return `, ${dates} and ${week}${months}`;
}

/** `Monday to Friday` for three days or more in a row. */
function ranges(values: readonly number[]): string[] {
  const isRow = values.length > 2 && values.at(-1)! - values[0]! === values.length - 1;
  return isRow ? [`${DAYS[values[0]!]} to ${DAYS[values.at(-1)!]}`] : values.map((value) => DAYS[value]!);
}

const two = (value: number): string => String(value).padStart(2, '0');

/** `a, b and c`. */
function words(items: readonly string[]): string {
  return items.length < 2 ? items.join() : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
