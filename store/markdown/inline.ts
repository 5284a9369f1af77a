/** Text as HTML shows it. */
export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/**
 * Code, links, images, escapes, line breaks, addresses, bold, italic and struck text, in this order of precedence.
 * Marks of more than 1,000 characters are text: looking for their end would take a time that grows with the square.
 */
const PART =
  /(?<code>`{1,20})(?<coded>[\s\S]{0,1000}?[^`])\k<code>(?!`)|(?<image>!?)\[(?<label>(?:[^\]\\]|\\.){0,500})\]\((?<to>[^()\s]{0,1000}(?:\([^()\s]{0,1000}\)[^()\s]{0,1000})?)(?:\s+"(?<title>[^"]*)")?\)|\\(?<escaped>[!-/:-@[-`{-~])|\\(?<feed>\n)|<(?<auto>https?:\/\/[^\s<>]+)>|(?<bare>\bhttps?:\/\/[^\s<>()]*[^\s<>().,;:!?'"])|(?<strong>\*\*|__)(?=\S)(?<stressed>[\s\S]{0,1000}?\S)\k<strong>(?!\*)|(?<em>[*_])(?=\S)(?<slanted>[\s\S]{0,1000}?[^\s*_])\k<em>(?![\w*])|~~(?=\S)(?<struck>[\s\S]{0,1000}?\S)~~/g;

/** Emphasis in emphasis in emphasis ... ; deeper marks are text. */
const MAX_DEPTH = 10;

/**
 * The HTML of a text's marks. Addresses other than web, mail and relative ones are left out: they could run scripts.
 */
export function inline(text: string, depth = 0): string {
  if (depth > MAX_DEPTH) return escapeHtml(text);
  let html = '';
  let at = 0;
  for (const match of text.matchAll(PART)) {
    html += escapeHtml(text.slice(at, match.index)) + part(match.groups!, depth + 1);
    at = match.index + match[0].length;
  }
  return html + escapeHtml(text.slice(at));
}

function part(found: Record<string, string | undefined>, depth: number): string {
  if (found.coded !== undefined) return `<code>${escapeHtml(found.coded.replace(/^ (.*) $/, '$1'))}</code>`;
  if (found.to !== undefined) return link(found, depth);
  if (found.escaped !== undefined) return escapeHtml(found.escaped);
  if (found.feed !== undefined) return '<br>\n';
  const address = found.auto ?? found.bare;
  if (address !== undefined) return `<a href="${escapeHtml(address)}">${escapeHtml(address)}</a>`;
  if (found.stressed !== undefined) return `<strong>${inline(found.stressed, depth)}</strong>`;
  if (found.slanted !== undefined) return `<em>${inline(found.slanted, depth)}</em>`;
  return `<del>${inline(found.struck!, depth)}</del>`;
}

function link({ image, label, to, title }: Record<string, string | undefined>, depth: number): string {
  const isSafe = /^(https?:|mailto:|[^:]*$|[^:]*[/?#])/i.test(to!) && !/[\0-\x20]/.test(to!);
  const address = isSafe ? escapeHtml(to!) : '';
  const named = title === undefined ? '' : ` title="${escapeHtml(title)}"`;
  if (image === '!') return `<img src="${address}" alt="${escapeHtml(label!)}"${named}>`;
  return `<a href="${address}"${named}>${inline(label!, depth)}</a>`;
}
