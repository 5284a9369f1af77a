import type { Stats } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { LOOKED_AT_BYTES, sniffContentType } from '../process/sniff.ts';
import type { Call, Mode, ModeDeps } from './mode.ts';
import { roomOrEnd } from './room-or-end.ts';
import { byteRange } from './static/byte-range.ts';
import { mediaType } from './static/media-type.ts';

/** Serves the files of a folder, as Go's file server does. Source: openfaas-contract.md 3.3. */
export class StaticMode implements Mode {
  readonly #root: string;

  constructor({ config }: ModeDeps) {
    this.#root = config.staticPath;
  }

  /** @throws Error when the folder is not there */
  async start(): Promise<void> {
    const folder = await stat(this.#root).catch(() => undefined);
    if (!folder?.isDirectory()) throw new Error(`static_path: ${this.#root} is no folder`);
  }

  async invoke(call: Call): Promise<void> {
    try {
      await this.#serve(call);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EACCES' || call.res.headersSent) throw error;
      text(call, 403, '403 Forbidden\n');
    }
  }

  async stop(): Promise<void> {}

  kill(): void {}

  async #serve(call: Call): Promise<void> {
    const target = call.req.url!;
    const mark = target.indexOf('?');
    const query = mark === -1 ? '' : target.slice(mark);
    const path = decoded(mark === -1 ? target : target.slice(0, mark));
    if (path === undefined || path.split('/').includes('..')) {
      text(call, 400, 'invalid URL path\n');
      return;
    }
    if (path.endsWith('/index.html')) {
      redirect(call, `./${query}`);
      return;
    }
    // With the slash a file would not be found, and could not be told from what is not there.
    const file = join(this.#root, path.replace(/\/+$/, ''));
    const found = await look(file);
    const name = encodeURIComponent(path.slice(path.lastIndexOf('/', path.length - 2) + 1).replace(/\/$/, ''));
    if (found === undefined) text(call, 404, '404 page not found\n');
    else if (found.isDirectory() && !path.endsWith('/')) redirect(call, `${name}/${query}`);
    else if (found.isDirectory()) await this.#sendFolder(call, file);
    else if (path.endsWith('/')) redirect(call, `../${name}${query}`);
    else if (found.isFile()) await sendFile(call, file, found);
    else text(call, 404, '404 page not found\n');
  }

  async #sendFolder(call: Call, folder: string): Promise<void> {
    const index = join(folder, 'index.html');
    const found = await look(index);
    if (found?.isFile()) return sendFile(call, index, found);
    const entries = await readdir(folder, { withFileTypes: true });
    const links = entries
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
      .sort()
      .map((name) => `<a href="./${encodeURIComponent(name).replaceAll('%2F', '/')}">${escaped(name)}</a>\n`);
    const page = `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${links.join('')}</pre>\n`;
    send(call, 200, page, 'text/html; charset=utf-8');
  }
}

/** @throws Error `EACCES` for what may not be seen */
async function look(file: string): Promise<Stats | undefined> {
  try {
    return await stat(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') throw error;
    return undefined;
  }
}

async function sendFile(call: Call, file: string, found: Stats): Promise<void> {
  const { req, res } = call;
  const modified = found.mtime.toUTCString();
  const since = Date.parse(req.headers['if-modified-since'] ?? '');
  // HTTP's dates have whole seconds.
  if (Math.floor(found.mtime.getTime() / 1000) * 1000 <= since) {
    res.writeHead(304, { 'Last-Modified': modified }).end();
    return;
  }
  const condition = req.headers['if-range'];
  const range =
    condition === undefined || condition === modified ? byteRange(req.headers.range, found.size) : undefined;
  if (range === 'unsatisfiable') {
    res.writeHead(416, { 'Content-Range': `bytes */${found.size}`, 'Content-Length': 0 }).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: found.size - 1 };
  const length = end - start + 1;
  // Opened before the head is written: one that cannot be opened has another.
  const handle = await open(file);
  try {
    const headers: Record<string, string | number> = {
      'Accept-Ranges': 'bytes',
      'Content-Length': length,
      'Content-Type': mediaType(extname(file)) ?? (await guessType(handle)),
      'Last-Modified': modified,
    };
    if (range !== undefined) headers['Content-Range'] = `bytes ${start}-${end}/${found.size}`;
    res.writeHead(range === undefined ? 200 : 206, headers);
    if (req.method === 'HEAD' || length === 0) res.end();
    else await sendBytes(call, handle, start, length);
  } finally {
    await handle.close();
  }
}

/** By the first bytes, as Go's file server does. */
async function guessType(handle: FileHandle): Promise<string> {
  const head = Buffer.allocUnsafe(LOOKED_AT_BYTES);
  const { bytesRead } = await handle.read(head, 0, head.length, 0);
  return sniffContentType(head.subarray(0, bytesRead)) ?? 'text/plain; charset=utf-8';
}

const PIECE_BYTES = 64 * 1024;

/** By hand and not by a stream: Bun leaves a file open whose stream is destroyed while it opens. */
async function sendBytes(call: Call, handle: FileHandle, start: number, length: number): Promise<void> {
  const { res } = call;
  let sent = 0;
  while (sent < length && !res.destroyed) {
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, length - sent));
    const { bytesRead } = await handle.read(piece, 0, piece.length, start + sent);
    // The file has shrunk meanwhile: the answer is cut, so that it does not look whole.
    if (bytesRead === 0) break;
    sent += bytesRead;
    if (!res.write(piece.subarray(0, bytesRead))) await roomOrEnd(res);
  }
  if (sent === length) res.end();
  else res.destroy();
}

function send({ res }: Call, status: number, body: string, type: string): void {
  res.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }).end(body);
}

const text = (call: Call, status: number, body: string): void => send(call, status, body, 'text/plain; charset=utf-8');

function redirect({ res }: Call, location: string): void {
  res.writeHead(301, { Location: location, 'Content-Length': 0 }).end();
}

function decoded(path: string): string | undefined {
  try {
    const plain = decodeURIComponent(path);
    return plain.includes('\0') ? undefined : plain;
  } catch {
    return undefined;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};
const escaped = (plain: string): string => plain.replace(/[&<>"']/g, (char) => ESCAPES[char]!);
