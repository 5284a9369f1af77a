import { count } from './count.ts';

/** Counts lines, words and characters, and the commonest words: `?top=5` says how many; `?format=json` for programs. */
export default {
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const top = Number(searchParams.get('top') ?? 5);
    if (!Number.isInteger(top) || top < 0 || top > 1000)
      return new Response('top must be a whole number from 0 to 1000\n', { status: 400 });
    const counts = count(await request.text(), top);
    if (searchParams.get('format') === 'json') return Response.json(counts);
    const { lines, words, characters, bytes } = counts;
    const common = counts.common.map(({ word, times }) => `${String(times).padStart(10)}  ${word}\n`);
    const totals = Object.entries({ lines, words, characters, bytes });
    return new Response(
      `${totals.map(([name, value]) => `${name.padEnd(10)}  ${value}\n`).join('')}${common.join('')}`,
    );
  },
};
