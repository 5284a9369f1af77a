import { Cron } from 'croner';
import type { Kind } from './label-values.ts';

/** How far back a line of a schedule may have begun and still hold: the longest cycle of a cron line but leap days. */
const YEARS_BACK = 366 * 24 * 3600 * 1000;

/**
 * Minimum replicas by the clock: the line that began last holds until another begins. Works by wall-clock time alone,
 * keeps nothing between two looks, so a clock that jumps, either way, is right at the next look.
 */
export interface Schedule {
  /** The minimum that holds at `at`; undefined before the first line ever began. */
  minimum(at: Date): number | undefined;
  /** When the next line begins; undefined when none does. */
  next(at: Date): Date | undefined;
}

interface Line {
  readonly cron: Cron;
  readonly replicas: number;
}

/** A schedule, as `CRON = REPLICAS; CRON = REPLICAS`, five fields each or a nickname such as `@daily`. */
export const scheduleKind = (timezone: string, max: number): Kind<Schedule> => ({
  rule: `lines of "CRON = REPLICAS" separated by ";", such as "0 8 * * 1-5 = 3; 0 18 * * 1-5 = 0", with at most ${max} replicas, the maximum`,
  parse(text) {
    const lines = text.split(';').map((line) => parseLine(line, timezone, max));
    return lines.every((line) => line !== undefined) ? asSchedule(lines) : undefined;
  },
});

/** The name of a time zone as IANA has it. */
export const timezoneKind: Kind<string> = {
  rule: 'a time zone such as "Europe/Berlin" or "UTC"',
  parse(text) {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
    } catch {
      return undefined;
    }
  },
};

function parseLine(text: string, timezone: string, max: number): Line | undefined {
  const [, pattern, replicas] = /^\s*([^=]+?)\s*=\s*(\d{1,6})\s*$/.exec(text) ?? [];
  if (pattern === undefined || Number(replicas) > max) return undefined;
  try {
    return { cron: new Cron(pattern, { timezone, paused: true, mode: '5-part' }), replicas: Number(replicas) };
  } catch {
    return undefined;
  }
}

function asSchedule(lines: readonly Line[]): Schedule {
  let known = { from: Number.NaN, until: Number.NaN, minimum: undefined as number | undefined };
  return {
    minimum(at) {
      const time = at.getTime();
      // Also false of a clock that was set back.
      if (!(time >= known.from && time < known.until))
        known = { from: time, until: nextOf(lines, at)?.getTime() ?? Infinity, minimum: minimumOf(lines, at) };
      return known.minimum;
    },
    next: (at) => nextOf(lines, at),
  };
}

function minimumOf(lines: readonly Line[], at: Date): number | undefined {
  let latest = at.getTime() - YEARS_BACK;
  let minimum: number | undefined;
  for (const { cron, replicas } of lines) {
    // A millisecond later, for a run at `at` itself does not count as earlier.
    const [began] = cron.previousRuns(1, new Date(at.getTime() + 1));
    if (began !== undefined && began.getTime() >= latest) {
      latest = began.getTime();
      minimum = replicas;
    }
  }
  return minimum;
}

function nextOf(lines: readonly Line[], at: Date): Date | undefined {
  const begins = lines.map(({ cron }) => cron.nextRun(at)).filter((next) => next !== null);
  return begins.sort((a, b) => a.getTime() - b.getTime())[0];
}
