import { escapeHtml, inline } from './inline.ts';

const FENCE = /^(`{3,}|~{3,})\s*([\w+-]*)\s*$/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const RULE = /^\s*([-*_])(\s*\1){2,}\s*$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
/** A list or quotation in a list in a list ... ; deeper ones are text, so that no input exhausts the stack. */
const MAX_DEPTH = 20;

/** The HTML of the commonest parts of Markdown: headings, paragraphs, lists, quotations, code, tables, rules. */
export function toHtml(markdown: string): string {
  return blocks(markdown.replace(/\r\n?/g, '\n').replaceAll('\t', '    ').split('\n'), 0);
}

function blocks(lines: readonly string[], depth: number): string {
  const html: string[] = [];
  let at = 0;
  while (at < lines.length) {
    const [made, next] = block(lines, at, depth);
    html.push(made);
    at = next;
  }
  return html.join('');
}

/** The block that begins at a line, and the line after it. */
function block(lines: readonly string[], at: number, depth: number): [string, number] {
  const line = lines[at]!;
  if (line.trim() === '') return ['', at + 1];
  const fence = FENCE.exec(line);
  if (fence !== null) return fenced(lines, at, fence[1]!, fence[2]!);
  const heading = HEADING.exec(line);
  if (heading !== null) {
    const level = heading[1]!.length;
    return [`<h${level}>${inline(heading[2]!)}</h${level}>\n`, at + 1];
  }
  if (RULE.test(line)) return ['<hr>\n', at + 1];
  if (depth < MAX_DEPTH && line.startsWith('>')) return quotation(lines, at, depth);
  if (depth < MAX_DEPTH && ITEM.test(line)) return list(lines, at, depth);
  if (line.includes('|') && TABLE_RULE.test(lines[at + 1] ?? '') && lines[at + 1]!.includes('-'))
    return table(lines, at);
  return paragraph(lines, at);
}

function fenced(lines: readonly string[], at: number, fence: string, language: string): [string, number] {
  let end = at + 1;
  while (end < lines.length && !(lines[end]!.startsWith(fence) && lines[end]!.trim() === fence)) end += 1;
  const code = lines.slice(at + 1, end).map((line) => `${escapeHtml(line)}\n`);
  const named = language === '' ? '' : ` class="language-${language}"`;
  return [`<pre><code${named}>${code.join('')}</code></pre>\n`, end + 1];
}

function quotation(lines: readonly string[], at: number, depth: number): [string, number] {
  let end = at;
  while (end < lines.length && lines[end]!.startsWith('>')) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(/^> ?/, ''));
  return [`<blockquote>\n${blocks(inner, depth + 1)}</blockquote>\n`, end];
}

/** Items of one kind; what is indented as their text belongs to them. */
function list(lines: readonly string[], at: number, depth: number): [string, number] {
  const first = ITEM.exec(lines[at]!)!;
  const ordered = /\d/.test(first[2]!);
  const items: string[] = [];
  let next = at;
  for (;;) {
    const item = ITEM.exec(lines[next] ?? '');
    if (item === null || item[1]!.length !== first[1]!.length || /\d/.test(item[2]!) !== ordered) break;
    const indent = item[1]!.length + item[2]!.length + 1;
    const content = [item[3]!];
    next += 1;
    while (next < lines.length && belongs(lines, next, indent)) content.push(lines[next++]!.slice(indent));
    items.push(`<li>${tight(blocks(content, depth + 1))}</li>\n`);
  }
  const tag = ordered ? 'ol' : 'ul';
  const start = ordered && Number.parseInt(first[2]!, 10) !== 1 ? ` start="${Number.parseInt(first[2]!, 10)}"` : '';
  return [`<${tag}${start}>\n${items.join('')}</${tag}>\n`, next];
}

/** An indented line, or an empty one before an indented one. */
function belongs(lines: readonly string[], at: number, indent: number): boolean {
  const line = lines[at]!;
  const told = line.trim() === '' ? (lines[at + 1] ?? '') : line;
  return told.trim() !== '' && told.search(/\S/) >= indent;
}

/** One paragraph needs no tags in an item. */
const tight = (html: string): string => html.replace(/^<p>([\s\S]*?)<\/p>\n/, '$1\n').trimEnd();

function table(lines: readonly string[], at: number): [string, number] {
  const aligned = cells(lines[at + 1]!).map((cell) => {
    const [left, right] = [cell.startsWith(':'), cell.endsWith(':')];
    return right ? ` style="text-align: ${left ? 'center' : 'right'}"` : '';
  });
  const row = (line: string, tag: string) => {
    const made = cells(line).map((cell, index) => `<${tag}${aligned[index] ?? ''}>${inline(cell)}</${tag}>`);
    return `<tr>${made.join('')}</tr>\n`;
  };
  let end = at + 2;
  while (end < lines.length && lines[end]!.includes('|')) end += 1;
  const body = lines.slice(at + 2, end).map((line) => row(line, 'td'));
  return [`<table>\n${row(lines[at]!, 'th')}${body.join('')}</table>\n`, end];
}

const cells = (line: string): string[] =>
  line
    .trim()
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));

function paragraph(lines: readonly string[], at: number): [string, number] {
  let end = at + 1;
  while (end < lines.length && !/^\s*$|^(#{1,6}\s|>|`{3}|~{3})/.test(lines[end]!) && !interrupts(lines[end]!)) end += 1;
  const text = lines
    .slice(at, end)
    .map((line) => line.replace(/ {2,}$/, '\\').trimStart())
    .join('\n');
  return [`<p>${inline(text.trimEnd())}</p>\n`, end];
}

const interrupts = (line: string): boolean => RULE.test(line) || /^\s*([-*+]|1[.)])\s+\S/.test(line);
