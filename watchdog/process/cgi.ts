import type { HttpRequest } from '../../common/http/message.ts';

/**
 * The variables that tell a forked process of its request. For each header `Http_<Name>` with its first value, as Go
 * spells header names. Source: openfaas-contract.md 3.2, 3.3 and 3.5 (2).
 *
 * @param classic with Http_Host and both spellings of the length, which is -1 when chunked
 */
export function cgiVariables(req: HttpRequest, classic: boolean): Record<string, string> {
  const variables: Record<string, string> = {};
  const raw = req.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) {
    const name = canonicalName(raw[i]!);
    // Go takes these two out of the header map.
    if (name === 'Host' || name === 'Transfer_Encoding') continue;
    // No process can be given a zero byte; node:http lets none in, and latin1 text goes as the bytes it came as.
    variables[`Http_${name}`] ??= raw[i + 1]!;
  }
  variables.Http_Method = req.method!;
  const length = contentLength(req);
  if (classic) variables.Http_ContentLength = length;
  if (classic || length !== '-1') variables.Http_Content_Length = length;
  if (!classic && length === '0' && req.headers['content-length'] === undefined) delete variables.Http_Content_Length;
  const encoding = req.headers['transfer-encoding'];
  if (encoding !== undefined) variables.Http_Transfer_Encoding = encoding;
  const target = req.url!;
  const mark = target.indexOf('?');
  const path = decoded(mark === -1 ? target : target.slice(0, mark));
  if (mark !== -1 && mark + 1 < target.length) variables.Http_Query = target.slice(mark + 1);
  if (path !== '') variables.Http_Path = path;
  if (classic && req.headers.host !== undefined) variables.Http_Host = req.headers.host;
  return variables;
}

const names = new Map<string, string>();
const REMEMBERED_NAMES = 500;

/** `x-call-id` -> `X_Call_Id`. */
function canonicalName(name: string): string {
  let known = names.get(name);
  if (known === undefined) {
    known = name
      .split('-')
      .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1).toLowerCase())
      .join('_');
    if (names.size < REMEMBERED_NAMES) names.set(name, known);
  }
  return known;
}

function contentLength(req: HttpRequest): string {
  if (req.headers['transfer-encoding'] !== undefined) return '-1';
  return req.headers['content-length'] ?? '0';
}

function decoded(path: string): string {
  if (!path.includes('%')) return path;
  try {
    const text = decodeURIComponent(path);
    // A variable ends at a zero byte, so such a path stays encoded.
    return text.includes('\0') ? path : text;
  } catch {
    return path;
  }
}
