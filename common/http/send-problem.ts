import { awaitsContinue } from './continue.ts';
import type { HttpRequest, HttpResponse } from './message.ts';
import { ERROR_CODE_HEADER, INTERNAL_HEADER, toProblem } from './problem.ts';
import { REASONS } from './status-codes.ts';
import { isLast } from './strict.ts';

/** A body with no more than this left is read and thrown away, so that the connection can be kept. */
const SMALL_REST_BYTES = 65_536;
/** What is read of a larger body while the client is shown the answer, at most ... */
const LINGER_BYTES = 8 * 1024 * 1024;
/** ... and for how long. A socket closed on unread bytes is reset, and the client may lose the answer by that. */
const LINGER_MS = 2000;

export interface SendProblemOptions {
  /** Value of X-OpenFaaS-Internal: which part of the platform made the answer. */
  readonly internal?: string;
  /** Flat list of further headers. */
  readonly headers?: readonly string[];
  /** Further members of the body. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/**
 * Answers with the problem of `error` (see problem.ts). Cuts the connection instead when a head has been written, so
 * that a short body is seen as one. A request's body that nobody reads is thrown away when little of it is left;
 * otherwise the connection is closed after the answer.
 */
export function sendProblem(res: HttpResponse, error: unknown, options: SendProblemOptions = {}): void {
  if (res.headersSent || res.destroyed) {
    res.destroy();
    return;
  }
  const problem = { ...toProblem(error), ...options.extra };
  const body = Buffer.from(JSON.stringify(problem));
  const headers = ['Content-Type', 'application/problem+json', 'Content-Length', String(body.length)];
  headers.push('X-Content-Type-Options', 'nosniff', ERROR_CODE_HEADER, problem.code);
  if (options.internal !== undefined) headers.push(INTERNAL_HEADER, options.internal);
  if (options.headers !== undefined) headers.push(...options.headers);
  const { req } = res;
  const rest = unreadBytes(req);
  const closes = rest > SMALL_REST_BYTES || (rest > 0 && awaitsContinue(req)) || isLast(req);
  if (closes) headers.push('Connection', 'close');
  res.writeHead(problem.status, REASONS[problem.status], headers);
  const shown = req.method === 'HEAD' ? undefined : body;
  if (!closes || rest === 0 || awaitsContinue(req)) {
    res.end(shown);
    if (rest > 0 && !closes) req.resume();
    return;
  }
  if (shown === undefined) res.flushHeaders();
  else res.write(shown);
  endWhenRead(req, res);
}

/** Bytes of the request's body that have not been read yet; Infinity when nobody knows. */
function unreadBytes(req: HttpRequest): number {
  if (req.complete || req.readableEnded) return 0;
  if (req.headers['transfer-encoding'] !== undefined) return Number.POSITIVE_INFINITY;
  return Number(req.headers['content-length'] ?? 0);
}

/** Ends `res` once the client has sent its body, or too much of it, or for too long. */
function endWhenRead(req: HttpRequest, res: HttpResponse): void {
  let read = 0;
  const end = (): void => {
    clearTimeout(timer);
    req.off('data', onData);
    req.off('close', end);
    req.off('end', end);
    res.end();
  };
  const onData = (chunk: Buffer): void => {
    read += chunk.length;
    if (read > LINGER_BYTES) end();
  };
  const timer = setTimeout(end, LINGER_MS);
  req.on('end', end);
  req.on('close', end);
  req.on('data', onData);
  req.resume();
}
