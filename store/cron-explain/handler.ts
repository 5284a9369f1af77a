import { BadCron, nextRuns, parseCron } from './cron.ts';
import { explain } from './explain.ts';

/** Says in words when a cron expression runs, and its next times in UTC: `?runs=5`, `?from=2027-01-01T00:00:00Z`. */
export default {
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const from = new Date(searchParams.get('from') ?? Date.now());
    if (Number.isNaN(from.getTime()))
      return new Response('from must be a time such as 2027-01-01T00:00:00Z\n', { status: 400 });
    const runs = Number(searchParams.get('runs') ?? 5);
    if (!Number.isInteger(runs) || runs < 0 || runs > 100)
      return new Response('runs must be a whole number from 0 to 100\n', { status: 400 });
    try {
      const cron = parseCron(await request.text());
      const times = nextRuns(cron, from, runs).map(
        (time) => `  ${time.toISOString().slice(0, 16).replace('T', ' ')}\n`,
      );
      return new Response(`${explain(cron)}\n${times.join('')}`);
    } catch (error) {
      if (error instanceof BadCron) return new Response(`${error.message}\n`, { status: 400 });
      throw error;
    }
  },
};
