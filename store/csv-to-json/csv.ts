export class BadCsv extends Error {}

/**
 * Rows of fields, as RFC 4180 has them, with LF as well as CRLF. Quoted fields may hold delimiters, line breaks and
 * doubled quotes. Empty lines are left out.
 *
 * @throws BadCsv that names the row
 */
export function parseCsv(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  while (at < text.length) {
    const quoted = text[at] === '"';
    const field = quoted ? quotedField(text, at, rows.length + 1) : plainField(text, at, delimiter);
    row.push(field.value);
    at = field.end;
    const next = text[at];
    if (next === delimiter) {
      at += 1;
      // A delimiter at the very end has an empty field behind it.
      if (at < text.length) continue;
      row.push('');
    } else if (next !== undefined && next !== '\n' && next !== '\r') {
      throw new BadCsv(`Row ${rows.length + 1}: after a closing quote comes "${next}", not "${delimiter}".`);
    }
    if (text.startsWith('\r\n', at)) at += 2;
    else if (at < text.length) at += 1;
    if (row.length > 1 || row[0] !== '' || quoted) rows.push(row);
    row = [];
  }
  return rows;
}

function plainField(text: string, start: number, delimiter: string): { value: string; end: number } {
  let end = start;
  while (end < text.length && text[end] !== delimiter && text[end] !== '\n' && text[end] !== '\r') end += 1;
  return { value: text.slice(start, end), end };
}

function quotedField(text: string, start: number, row: number): { value: string; end: number } {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && text[end + 1] === '"') end = text.indexOf('"', end + 2);
  if (end === -1) throw new BadCsv(`Row ${row}: a quoted field has no closing quote.`);
  return { value: text.slice(start + 1, end).replaceAll('""', '"'), end: end + 1 };
}
