import type { Code } from './matrix.ts';

/** Light modules around a code, without which readers may not find it (ISO 18004, 6.3.8). */
const QUIET = 4;

/** An image of one path, as large as whoever shows it likes. */
export function toSvg(code: Code): string {
  const size = code.length + 2 * QUIET;
  const path = code.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x + QUIET},${y + QUIET}h1v1h-1z`] : [])));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><path fill="#fff" d="M0,0h${size}v${size}H0z"/><path d="${path.join('')}"/></svg>\n`;
}

/** Two rows in a line, drawn with the light ones: terminals are mostly dark. */
export function toText(code: Code): string {
  const size = code.length + 2 * QUIET;
  const light = (y: number, x: number) => !(code[y - QUIET]?.[x - QUIET] ?? false);
  let text = '';
  for (let y = 0; y < size; y += 2) {
    for (let x = 0; x < size; x += 1) {
      const lower = y + 1 < size && light(y + 1, x);
      text += light(y, x) ? (lower ? '█' : '▀') : lower ? '▄' : ' ';
    }
    text += '\n';
  }
  return text;
}
