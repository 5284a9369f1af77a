import { FaasError } from '../../common/errors.ts';
import type { LogMessage, LogQuery } from '../provider.ts';
import { Fields } from './fields.ts';
import { parseGoBool } from './go-bool.ts';
import { functionName, namespaceName } from './names.ts';

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** A query that could not be read; contract 1.10 wants status 422 for it, where bad names are 400. */
export class LogQueryError extends Error {
  override readonly name = 'LogQueryError';
}

/**
 * GET `/system/logs`: name, namespace, instance, tail (0 or less is all), follow, since. Of a repeated key the last
 * one counts.
 *
 * @throws LogQueryError for tail, follow and since
 * @throws FaasError `invalid_request` for the names
 */
export function parseLogQuery(query: URLSearchParams): LogQuery {
  const last = (key: string): string | undefined => query.getAll(key).at(-1) || undefined;
  const name = last('name');
  if (name === undefined) throw new FaasError('invalid_request', 'name is missing; add ?name=FUNCTION to the query');
  const tail = parseTail(last('tail'));
  const instance = last('instance');
  const since = parseSince(last('since'));
  return {
    name: functionName('name', name),
    namespace: namespaceName('namespace', last('namespace')),
    follow: parseFollow(last('follow')),
    ...(instance && { instance }),
    ...(tail !== undefined && { tail }),
    ...(since && { since }),
  };
}

function parseTail(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (!/^[+-]?\d{1,15}$/.test(given))
    throw new LogQueryError(`tail must be a whole number, such as 100, got ${JSON.stringify(given)}`);
  const tail = Number(given);
  return tail > 0 ? tail : undefined;
}

function parseSince(given: string | undefined): Date | undefined {
  if (given === undefined) return undefined;
  // A `+` of the zone that was not encoded arrives as a space.
  const text = given.replace(/ (\d\d:\d\d)$/, '+$1');
  const at = new Date(text);
  if (!RFC3339.test(text) || Number.isNaN(at.getTime()))
    throw new LogQueryError(
      `since must be a time in RFC 3339, such as 2026-01-31T12:00:00Z, got ${JSON.stringify(given)}`,
    );
  return at;
}

function parseFollow(given: string | undefined): boolean {
  const follow = given === undefined ? false : parseGoBool(given);
  if (follow !== undefined) return follow;
  throw new LogQueryError(`follow must be true or false, got ${JSON.stringify(given)}`);
}

/** One line of the answer. @throws FaasError `invalid_request` */
export function parseLogMessage(line: string): LogMessage {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (cause) {
    throw new FaasError('invalid_request', `a log line is no JSON: ${line.slice(0, 80)}`, { cause });
  }
  const fields = new Fields(json);
  return {
    name: fields.text('name') ?? '',
    namespace: fields.text('namespace') ?? '',
    instance: fields.text('instance') ?? '',
    timestamp: fields.text('timestamp') ?? '',
    text: fields.text('text') ?? '',
  };
}

export const encodeLogMessage = (message: LogMessage): string =>
  `${JSON.stringify({
    name: message.name,
    namespace: message.namespace,
    instance: message.instance,
    timestamp: message.timestamp,
    text: message.text,
  })}\n`;
