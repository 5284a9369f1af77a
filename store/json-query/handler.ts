import { BadQuery, compile } from './query.ts';

/**
 * Takes a JSON document and a query in `?q=`, a small part of jq's language, and prints each result on a line. With
 * `?raw` strings are printed without quotes, with `?pretty` values over several lines.
 */
export default {
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const text = await request.text();
    let document: unknown;
    try {
      document = JSON.parse(text);
    } catch (error) {
      return new Response(`The body is no JSON: ${(error as Error).message}\n`, { status: 400 });
    }
    try {
      const isRaw = searchParams.has('raw');
      const indent = searchParams.has('pretty') ? 2 : 0;
      const print = (value: unknown) =>
        isRaw && typeof value === 'string' ? value : JSON.stringify(value, undefined, indent);
      const lines = [...compile(searchParams.get('q') ?? '.')(document)].map((value) => `${print(value)}\n`);
      return new Response(lines.join(''));
    } catch (error) {
      if (error instanceof BadQuery) return new Response(`q: ${error.message}\n`, { status: 400 });
      throw error;
    }
  },
};
