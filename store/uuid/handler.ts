import { v4, v7 } from './uuid.ts';

const MAX = 10_000;

/** UUIDs, one a line: `?count=10`, and `?version=7` for ones that sort by time. */
export default {
  fetch(request: Request): Response {
    const { searchParams } = new URL(request.url);
    const count = Number(searchParams.get('count') ?? 1);
    if (!Number.isInteger(count) || count < 1 || count > MAX)
      return new Response(`count must be a whole number from 1 to ${MAX}\n`, { status: 400 });
    const version = searchParams.get('version') ?? '4';
    if (version !== '4' && version !== '7') return new Response('version must be 4 or 7\n', { status: 400 });
    const make = version === '4' ? v4 : v7(Date.now());
    return new Response(Array.from({ length: count }, () => `${make()}\n`).join(''));
  },
};
