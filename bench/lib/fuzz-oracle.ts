/** A request as a strict reader sees it. */
export interface ReadRequest {
  readonly method: string;
  readonly target: string;
  /** Decoded; what there is of it when the request is not whole. */
  readonly body: string;
  readonly whole: boolean;
}

export interface ReadStream {
  readonly requests: readonly ReadRequest[];
  /** Where the bytes stopped being HTTP; nothing after it is a request. */
  readonly fault: string | undefined;
  /** Bytes that belong to whole requests. */
  readonly consumed: number;
}

/**
 * Reads a client's bytes as RFC 9112 has them and in no other way, up to the first fault. Written for clarity, on its
 * own, and sharing nothing with what it judges.
 */
export function readRequests(stream: string): ReadStream {
  const requests: ReadRequest[] = [];
  let at = 0;
  for (;;) {
    const start = at + /^[\r\n]*/.exec(stream.slice(at))![0].length;
    const headEnd = stream.indexOf('\r\n\r\n', start);
    if (headEnd === -1) return { requests, fault: undefined, consumed: at };
    const head = readHead(stream.slice(start, headEnd + 2));
    if (typeof head === 'string') return { requests, fault: head, consumed: at };
    const body = head.chunked ? readChunks(stream, headEnd + 4) : readLength(stream, headEnd + 4, head.length);
    requests.push({ method: head.method, target: head.target, body: body.text, whole: body.end !== undefined });
    if (body.end === undefined) return { requests, fault: body.fault, consumed: at };
    at = body.end;
  }
}

interface Head {
  readonly method: string;
  readonly target: string;
  readonly chunked: boolean;
  readonly length: number;
}

/** @returns the fault, when it has one */
function readHead(text: string): Head | string {
  const lines = text.split('\r\n').slice(0, -1);
  // Several spaces are read as one, which RFC 9112 section 3 allows and which moves no boundary.
  const [, method, target, version] =
    /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) +([\x21\x22\x24-\x7e]+) +HTTP\/1\.([01])$/.exec(lines[0]!) ?? [];
  if (lines[0]!.startsWith('PRI ')) return 'preface';
  if (method === undefined) return 'request line';
  const values = new Map<string, string[]>();
  for (const line of lines.slice(1)) {
    const [, name, value] = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined) return 'header line';
    values.set(name.toLowerCase(), [...(values.get(name.toLowerCase()) ?? []), value!]);
  }
  const lengths = values.get('content-length') ?? [];
  const codings = values.get('transfer-encoding') ?? [];
  const hosts = (values.get('host') ?? []).length;
  if (hosts > 1 || (hosts === 0 && version === '1')) return method === 'PRI' ? 'preface' : 'Host';
  if (codings.length + lengths.length > 1) return 'several lengths';
  if (codings.length === 1 && (codings[0]!.toLowerCase() !== 'chunked' || version === '0')) return 'Transfer-Encoding';
  if (lengths.length === 1 && !/^\d{1,19}$/.test(lengths[0]!)) return 'Content-Length';
  return { method, target: target!, chunked: codings.length === 1, length: Number(lengths[0] ?? 0) };
}

interface Body {
  readonly text: string;
  readonly end?: number;
  readonly fault?: string;
}

function readLength(stream: string, at: number, length: number): Body {
  const text = stream.slice(at, at + length);
  return text.length === length ? { text, end: at + length } : { text };
}

function readChunks(stream: string, from: number): Body {
  let text = '';
  let at = from;
  for (;;) {
    const lineEnd = stream.indexOf('\n', at);
    const line = lineEnd === -1 ? stream.slice(at) : stream.slice(at, lineEnd + 1);
    const size = /^(0*[0-9A-Fa-f]{1,16})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n$/.exec(line)?.[1];
    if (size === undefined) return lineEnd === -1 ? { text } : { text, fault: 'chunk size' };
    at = lineEnd + 1;
    const bytes = Number.parseInt(size, 16);
    if (bytes === 0) return readTrailers(stream, at, text);
    const data = stream.slice(at, at + bytes);
    text += data;
    if (data.length < bytes) return { text };
    at += bytes;
    const after = stream.slice(at, at + 2);
    if (after !== '\r\n') return '\r\n'.startsWith(after) ? { text } : { text, fault: 'chunk end' };
    at += 2;
  }
}

function readTrailers(stream: string, from: number, text: string): Body {
  let at = from;
  for (;;) {
    const lineEnd = stream.indexOf('\r\n', at);
    if (lineEnd === -1) return { text };
    const line = stream.slice(at, lineEnd);
    at = lineEnd + 2;
    if (line === '') return { text, end: at };
    if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/.test(line)) return { text, fault: 'trailer' };
  }
}
