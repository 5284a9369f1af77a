export class BadCron extends Error {}

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names of values, from `min` on. */
  readonly names?: readonly string[];
}
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const FIELDS: readonly Field[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  { name: 'day of week', min: 0, max: 7, names: DAYS },
];
const SHORTHANDS: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

/** The values at which each field fits; `all` when it was written as `*`. */
export interface CronField {
  readonly values: readonly number[];
  readonly all: boolean;
}
export type Cron = Readonly<Record<'minute' | 'hour' | 'day' | 'month' | 'weekday', CronField>>;

/** Reads five fields, or a shorthand such as `@daily`. @throws BadCron that names field, rule and value */
export function parseCron(text: string): Cron {
  const given = text.trim().toLowerCase();
  const parts = (SHORTHANDS[given] ?? given).split(/\s+/);
  if (parts.length !== 5 || given === '')
    throw new BadCron(
      `Send five fields (minute, hour, day of month, month, day of week) or one of ${Object.keys(SHORTHANDS).join(', ')}.`,
    );
  const [minute, hour, day, month, weekday] = parts.map((part, index) => parseField(part, FIELDS[index]!));
  // 7 is Sunday too.
  const days = [...new Set(weekday!.values.map((value) => value % 7))].sort((a, b) => a - b);
  return { minute: minute!, hour: hour!, day: day!, month: month!, weekday: { ...weekday!, values: days } };
}

function parseField(text: string, field: Field): CronField {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [range = '', stepText, ...rest] = part.split('/');
    const step = stepText === undefined ? 1 : Number(stepText);
    if (!Number.isInteger(step) || step < 1 || rest.length > 0)
      throw bad(field, `a step must be a whole number from 1 on`, part);
    const [first, last = stepText === undefined || range === '*' ? first : String(field.max), ...more] =
      range === '*' ? [String(field.min), String(field.max)] : range.split('-');
    const [from, to] = [numberOf(first!, field, part), numberOf(last!, field, part)];
    if (more.length > 0 || from > to) throw bad(field, 'a range must lead from a smaller to a larger value', part);
    for (let value = from; value <= to; value += step) values.add(value);
  }
  return { values: [...values].sort((a, b) => a - b), all: text === '*' };
}

function numberOf(text: string, field: Field, part: string): number {
  const named = field.names?.indexOf(text) ?? -1;
  const value = named === -1 ? (/^\d+$/.test(text) ? Number(text) : Number.NaN) : named + field.min;
  if (value >= field.min && value <= field.max) return value;
  throw bad(
    field,
    `must be from ${field.min} to ${field.max}${field.names ? ` or a name such as ${field.names[1]}` : ''}`,
    part,
  );
}

const bad = (field: Field, rule: string, given: string): BadCron =>
  new BadCron(`${field.name}: ${rule}, got "${given}".`);

/** Far enough for 29 February on a given weekday. */
const MAX_DAYS = 366 * 40;

/**
 * The next times after `from`, in UTC; fewer when there are none, as for 30 February. Where both days are restricted
 * either may fit (POSIX, crontab).
 */
export function nextRuns(cron: Cron, from: Date, count: number): Date[] {
  const runs: Date[] = [];
  const start = Math.floor(from.getTime() / 60_000 + 1) * 60_000;
  const day = new Date(start);
  day.setUTCHours(0, 0, 0, 0);
  for (let days = 0; days < MAX_DAYS && runs.length < count; days += 1, day.setUTCDate(day.getUTCDate() + 1)) {
    if (!cron.month.values.includes(day.getUTCMonth() + 1) || !fitsDay(cron, day)) continue;
    for (const hour of cron.hour.values)
      for (const minute of cron.minute.values) {
        const time = day.getTime() + (hour * 60 + minute) * 60_000;
        if (time >= start && runs.length < count) runs.push(new Date(time));
      }
  }
  return runs;
}

function fitsDay({ day, weekday }: Cron, date: Date): boolean {
  const fitsMonth = day.values.includes(date.getUTCDate());
  const fitsWeek = weekday.values.includes(date.getUTCDay());
  return day.all || weekday.all ? fitsMonth && fitsWeek : fitsMonth || fitsWeek;
}
