import { FieldError, TOKEN } from '../field-parser.ts';
import { Fields, NO_FIELDS } from '../fields.ts';
import { faultOf, isLength } from '../strict.ts';

/** A request that breaks a rule whose answer is not 400. */
export class RefusedRequest extends FieldError {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** A parsed request line and headers. */
export class RequestHead {
  method = '';
  /** Byte for byte. */
  target = '';
  /** Of the version, HTTP/1.x. */
  minor = 1;
  fields = NO_FIELDS;
  /** Of the body, in bytes; 0 when chunked. */
  length = 0;
  chunked = false;
  /** The client wants the connection to be kept. */
  keepAlive = true;
  /** The client waits for 100 before it sends the body. */
  expectsContinue = false;
  /** Asks for a WebSocket, and has no body. Other protocols, such as h2c, are not taken up, as RFC 9110 7.8 allows. */
  upgrades = false;
}

/**
 * Reads a request's head, strictly: see strict.ts for the rules of the message, field-parser.ts for those of a line.
 *
 * @param text Latin-1; from the request line to the empty line and perhaps more
 * @throws FieldError
 */
export function parseRequestHead(text: string): RequestHead {
  const head = new RequestHead();
  const fields = Fields.read(text, parseRequestLine(text, head));
  head.fields = fields;
  let lengths = 0;
  let hosts = 0;
  let codings = 0;
  let upgrade = false;
  let connectionUpgrades = false;
  head.keepAlive = head.minor === 1;
  for (let at = 0; at < fields.count; at++) {
    // By length first, by which most are told apart.
    switch (fields.nameLength(at)) {
      case 4:
        if (fields.isNamed(at, 'host')) hosts++;
        break;
      case 6:
        if (fields.isNamed(at, 'expect')) readExpectation(fields.value(at), head);
        break;
      case 7:
        if (fields.isNamed(at, 'upgrade')) upgrade = hasToken(fields.value(at).toLowerCase(), 'websocket');
        break;
      case 10:
        if (fields.isNamed(at, 'connection')) {
          const tokens = fields.value(at).toLowerCase();
          if (hasToken(tokens, 'upgrade')) connectionUpgrades = true;
          if (hasToken(tokens, 'close')) head.keepAlive = false;
          else if (head.minor === 0 && hasToken(tokens, 'keep-alive')) head.keepAlive = true;
        }
        break;
      case 14:
        if (fields.isNamed(at, 'content-length')) {
          const value = fields.value(at);
          // One that is no length is left to the rules below.
          lengths += isLength(value) ? 1 : 2;
          head.length = Number(value);
        }
        break;
      case 17:
        if (fields.isNamed(at, 'transfer-encoding')) codings++;
        break;
    }
  }
  // The rare ones are judged by the rules that node:http's requests are judged by.
  if (hosts !== 1 || lengths > 1 || codings > 0) {
    const fault = faultOf(head.minor, fields.flat());
    if (fault !== undefined) throw new FieldError(fault);
  }
  head.chunked = codings > 0;
  head.upgrades = upgrade && connectionUpgrades && head.minor === 1 && !head.chunked && head.length === 0;
  return head;
}

/** What need not start with a slash: a URL without user, or all of the server (RFC 9112 section 3.2.2 and 3.2.4). */
const OTHER_TARGET = /^(?:https?:\/\/[\w.~!$&'()*+,;=:%[\]-]+(?:[/?]|$)|\*$)/i;

/** @returns where the fields start */
function parseRequestLine(text: string, head: RequestHead): number {
  let i = 0;
  let code = text.charCodeAt(0);
  while (TOKEN[code] === 1) code = text.charCodeAt(++i);
  if (i === 0 || code !== 32) throw new FieldError('a request line must start with a method and one space');
  // Names that are there already: one cut out of the text would have to be hashed for each look-up.
  head.method =
    i === 3 && text.startsWith('GET') ? 'GET' : i === 4 && text.startsWith('POST') ? 'POST' : text.slice(0, i);
  const targetAt = ++i;
  code = text.charCodeAt(i);
  // Visible ASCII without "#": a fragment is never sent (RFC 9112 section 3.2).
  while (code > 32 && code < 127 && code !== 35) code = text.charCodeAt(++i);
  if (i === targetAt || code !== 32)
    throw new FieldError('the request target holds a fragment, a control character or one outside ASCII');
  head.target = text.slice(targetAt, i);
  if (text.charCodeAt(targetAt) !== 47 && !OTHER_TARGET.test(head.target))
    throw new FieldError('the request target must start with "/" or be a URL of http');
  const minor = text.charCodeAt(i + 8);
  if (!text.startsWith('HTTP/1.', i + 1) || (minor !== 48 && minor !== 49))
    throw new FieldError('only HTTP/1.0 and HTTP/1.1 are spoken here');
  if (text.charCodeAt(i + 9) !== 13 || text.charCodeAt(i + 10) !== 10)
    throw new FieldError('bad character in the request line');
  head.minor = minor - 48;
  // The first line of HTTP/2, and a request that is no request for a resource.
  if (head.method === 'PRI' || head.method === 'CONNECT')
    throw new FieldError(`method ${head.method} is not served here`);
  return i + 11;
}

/** RFC 9110 section 10.1.1; an HTTP/1.0 client's is to be ignored. */
function readExpectation(value: string, head: RequestHead): void {
  if (head.minor === 0) return;
  if (value.toLowerCase() !== '100-continue')
    throw new RefusedRequest(417, 'the only expectation understood is "100-continue"');
  head.expectsContinue = true;
}

function hasToken(list: string, token: string): boolean {
  if (list === token) return true;
  return list.includes(token) && list.split(',').some((entry) => entry.trim() === token);
}
