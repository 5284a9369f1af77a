/** Breaks a rule of HTTP/1.1; the message says which. */
export class FieldError extends Error {}

/** What is marked of a field: where its name starts and ends, and where its value does. */
export const MARKS_PER_FIELD = 4;
/** Headers, or trailers, that one message may have. */
export const MAX_FIELDS = 1000;

/** 1 for the characters of a token (RFC 9110 section 5.6.2), by Latin-1 code. */
export const TOKEN = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
  TOKEN[char.charCodeAt(0)] = 1;

/** 1 for the characters of a field value: visible, space, tab and obs-text (RFC 9110 section 5.5). */
export const VALUE = new Uint8Array(256);
for (let code = 0; code < 256; code++) VALUE[code] = code === 9 || (code >= 32 && code !== 127) ? 1 : 0;

/**
 * Reads field lines from `at` to the empty line that ends them, each as `name: value CRLF` and in no other way: no
 * folded lines, no space before the colon, no bare CR or LF. Pushes the marks of each to `marks`.
 *
 * @param text Latin-1; must hold the empty line
 * @throws FieldError
 */
export function parseFields(text: string, at: number, marks: number[]): void {
  let i = at;
  for (;;) {
    const nameStart = i;
    let code = text.charCodeAt(i);
    while (TOKEN[code] === 1) code = text.charCodeAt(++i);
    if (i === nameStart) {
      if (code === 13 && text.charCodeAt(i + 1) === 10) return;
      throw new FieldError(code === 32 || code === 9 ? 'folded header line' : 'bad character in a header name');
    }
    if (code !== 58) throw new FieldError('bad character in a header name');
    const nameEnd = i;
    code = text.charCodeAt(++i);
    while (code === 32 || code === 9) code = text.charCodeAt(++i);
    const valueStart = i;
    while (VALUE[code] === 1) code = text.charCodeAt(++i);
    if (code !== 13 || text.charCodeAt(i + 1) !== 10) throw new FieldError('bad character in a header value');
    let valueEnd = i;
    while (valueEnd > valueStart && isBlank(text.charCodeAt(valueEnd - 1))) valueEnd--;
    marks.push(nameStart, nameEnd, valueStart, valueEnd);
    if (marks.length > MAX_FIELDS * MARKS_PER_FIELD) throw new FieldError(`more than ${MAX_FIELDS} headers`);
    i += 2;
  }
}

const isBlank = (code: number): boolean => code === 32 || code === 9;
