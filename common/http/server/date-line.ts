let line = '';
let lineSecond = -1;

/** The Date header's line (RFC 9110 section 6.6.1), made once a second. */
export function dateLine(): string {
  const now = Date.now();
  const second = Math.floor(now / 1000);
  if (second !== lineSecond) {
    lineSecond = second;
    line = `Date: ${new Date(now).toUTCString()}\r\n`;
  }
  return line;
}
