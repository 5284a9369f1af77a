/** Tags that begin a web page; a blank or `>` must follow (WHATWG MIME Sniffing, section 7.1). */
const HTML =
  /^[\t\n\f\r ]*(?:<(?:!DOCTYPE HTML|HTML|HEAD|SCRIPT|IFRAME|H1|DIV|FONT|TABLE|A|STYLE|TITLE|B|BODY|BR|P)[ >]|<!--)/i;
const XML = /^[\t\n\f\r ]*<\?xml/;
/** First bytes, as latin1 text, and what they are; a number says where they stand. */
const SIGNATURES: readonly (readonly [string, string, number?])[] = [
  ['%PDF-', 'application/pdf'],
  ['%!PS-Adobe-', 'application/postscript'],
  ['\xfe\xff', 'text/plain; charset=utf-16be'],
  ['\xff\xfe', 'text/plain; charset=utf-16le'],
  ['\xef\xbb\xbf', 'text/plain; charset=utf-8'],
  ['GIF87a', 'image/gif'],
  ['GIF89a', 'image/gif'],
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['\xff\xd8\xff', 'image/jpeg'],
  ['BM', 'image/bmp'],
  ['WEBPVP', 'image/webp', 8],
  ['WAVE', 'audio/wave', 8],
  ['OggS\0', 'application/ogg'],
  ['ID3', 'audio/mpeg'],
  ['ftyp', 'video/mp4', 4],
  ['\x1a\x45\xdf\xa3', 'video/webm'],
  ['PK\x03\x04', 'application/zip'],
  ['\x1f\x8b\x08', 'application/x-gzip'],
  ['\0asm', 'application/wasm'],
];
/** The guess is made by so much of the beginning. */
export const LOOKED_AT_BYTES = 512;

/**
 * The media type that Go's server would guess for a body, from its first bytes; undefined for an empty one. Classic
 * functions without a content type depend on it (contract 3.5, 7).
 */
export function sniffContentType(body: Buffer): string | undefined {
  if (body.length === 0) return undefined;
  const head = body.toString('latin1', 0, LOOKED_AT_BYTES);
  if (HTML.test(head)) return 'text/html; charset=utf-8';
  if (XML.test(head)) return 'text/xml; charset=utf-8';
  const known = SIGNATURES.find(([bytes, , at]) => head.startsWith(bytes, at));
  if (known !== undefined) return known[1];
  return isBinary(body.subarray(0, LOOKED_AT_BYTES)) ? 'application/octet-stream' : 'text/plain; charset=utf-8';
}

/** Bytes that no text has, by the same standard: controls but tab, line feed, form feed, return and escape. */
function isBinary(head: Buffer): boolean {
  return head.some((byte) => byte < 9 || byte === 11 || (byte > 13 && byte < 32 && byte !== 27));
}
