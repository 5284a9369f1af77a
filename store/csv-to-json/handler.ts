import { BadCsv, parseCsv } from './csv.ts';

/**
 * A table as JSON: an object for each row, named by the first one. `?header=false` gives lists instead,
 * `?delimiter=;` sets what parts the fields, `?numbers` turns what looks like a number into one.
 */
export default {
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const given = searchParams.get('delimiter') ?? ',';
    const delimiter = given === 'tab' ? '\t' : given;
    if (delimiter.length !== 1 || '"\r\n'.includes(delimiter))
      return new Response(`delimiter must be one character, or "tab"; got "${given}"\n`, { status: 400 });
    try {
      const rows = parseCsv(await request.text(), delimiter);
      const value = searchParams.has('numbers') ? toValue : (text: string) => text;
      const lists = rows.map((row) => row.map(value));
      if (searchParams.get('header') === 'false') return Response.json(lists);
      return Response.json(named(rows[0] ?? [], lists.slice(1)));
    } catch (error) {
      if (error instanceof BadCsv) return new Response(`${error.message}\n`, { status: 400 });
      throw error;
    }
  },
};

/** Leading zeros stay text: they are codes, not amounts. */
function toValue(text: string): string | number {
  return /^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(text) ? Number(text) : text;
}

function named(names: readonly string[], rows: readonly (readonly unknown[])[]): object[] {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new BadCsv(`The first row names "${twice}" twice; send ?header=false for lists.`);
  return rows.map((row, index) => {
    if (row.length === names.length) return Object.fromEntries(names.map((name, column) => [name, row[column]]));
    throw new BadCsv(`Row ${index + 2} has ${row.length} fields, the first one ${names.length}.`);
  });
}
