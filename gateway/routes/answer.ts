import type { IncomingMessage, ServerResponse } from 'node:http';
import { FaasError } from '../../common/errors.ts';
import { ERROR_CODE_HEADER, toProblem } from '../../common/http/problem.ts';
import { LogQueryError } from '../../provider/wire/logs.ts';
import type { Verdict } from '../auth/basic-auth.ts';
import { isDiskFull } from '../full-disk.ts';

/** The thrown value, for the log line that the request ends with. */
export const kFailure = Symbol('failure');
export type Answer = ServerResponse & { [kFailure]?: unknown };

export function sendJson(res: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  res.end(body);
}

/** Such as 202 with nothing to say. */
export function sendEmpty(res: ServerResponse, status: number): void {
  res.writeHead(status, { 'content-length': 0 }).end();
}

export function sendText(
  res: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  res.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  res.end(text);
}

/** The answer to a thrown value: text, which known clients print, or problem JSON when `Accept` names JSON. */
export function sendFailure(req: IncomingMessage, res: Answer, error: unknown): void {
  res[kFailure] = error;
  if (res.headersSent) return void res.destroy();
  const problem = toProblem(asFaasError(error));
  // Contract 1.10: a log query that cannot be read is 422.
  const status = error instanceof LogQueryError ? 422 : problem.status;
  res.setHeader(ERROR_CODE_HEADER, problem.code);
  if (!/json/i.test(req.headers.accept ?? '')) {
    sendText(res, status, problem.detail);
    return;
  }
  const body = JSON.stringify({ ...problem, status });
  res.writeHead(status, { 'content-type': 'application/problem+json', 'content-length': Buffer.byteLength(body) });
  res.end(body);
}

/** Text and header as contract 1.3 has them, without a line feed. */
export function sendUnauthorized(req: IncomingMessage, res: Answer, verdict: Exclude<Verdict, 'granted'>): void {
  if (verdict === 'denied') {
    sendText(res, 401, 'invalid credentials', { 'www-authenticate': 'Basic realm="Restricted"' });
    return;
  }
  res.setHeader('retry-after', '1');
  sendFailure(
    req,
    res,
    new FaasError('too_many_requests', 'Too many wrong passwords from your address; wait a second'),
  );
}

/** Contract 1.1: any path that nobody serves. */
export const sendNotFound = (res: ServerResponse): void => sendText(res, 404, '404 page not found\n');

function asFaasError(error: unknown): unknown {
  if (isDiskFull(error))
    return new FaasError(
      'internal_error',
      "The disk of the gateway's data folder is full; free some space, and try again",
    );
  return error instanceof LogQueryError ? new FaasError('invalid_request', error.message) : error;
}
