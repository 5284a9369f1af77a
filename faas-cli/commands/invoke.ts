import { createHmac } from 'node:crypto';
import { validateHeaderValue } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'node-fetch';
import { FaasError } from '../../common/errors.ts';
import type { Problem } from '../../common/http/problem.ts';
import { DEFAULT_NAMESPACE } from '../../provider/provider.ts';
import { functionName } from '../../provider/wire/names.ts';
import type { Context } from '../context.ts';
import { describeProblem, UNAUTHORIZED } from '../print-error.ts';
import { readInput } from '../read-input.ts';
import { connectWithStack, namespaceOf } from '../stack/connect-with-stack.ts';
import { keyValues } from '../stack/key-values.ts';
import { defineCommand, type Values } from './command.ts';
import { envsubstFlags, gatewayFlags, namespaceFlags } from './flag-sets.ts';

const flags = {
  ...gatewayFlags,
  ...namespaceFlags,
  ...envsubstFlags,
  async: { type: 'boolean', short: 'a', doc: 'Queue the call; do not wait for the answer' },
  auth: { type: 'boolean', doc: 'Send the stored credentials to the function' },
  'content-type': { type: 'string', default: 'text/plain', value: 'type', doc: 'Content type of the body' },
  header: { type: 'strings', short: 'H', value: 'name=value', doc: 'Header, as NAME=VALUE or NAME: VALUE' },
  method: { type: 'string', short: 'm', default: 'POST', doc: 'Method' },
  query: { type: 'strings', value: 'key=value', doc: 'Part of the query' },
  sign: { type: 'string', value: 'header', doc: 'Sign the body, and send the signature in this header; needs --key' },
  key: { type: 'string', doc: 'Key of the signature (HMAC with SHA-256)' },
  name: { type: 'string', doc: 'Name of the function' },
} as const;

export const invoke = defineCommand({
  usage: 'NAME [flags] < BODY',
  description: 'The body is what stdin holds; the answer goes to stdout as it comes.',
  examples: [
    'echo Ada | faas-cli invoke hello',
    'faas-cli invoke hello --method GET --query name=Ada',
    "faas-cli invoke to-json --content-type text/csv -H 'X-Delimiter: ;' < people.csv",
  ],
  args: [0, 1],
  flags,
  async run(context, [argument], given) {
    const name = argument ?? given.name;
    if (name === undefined) throw new FaasError('invalid_request', 'name the function: faas-cli invoke NAME');
    functionName('the name', name);
    const { client, stack } = await connectWithStack(context, given);
    const method = methodOf(given.method);
    const body = method === 'GET' || method === 'HEAD' ? undefined : await readInput(context, given.sign !== undefined);
    const response = await client.invoke(
      {
        name,
        namespace: namespaceOf(name, given.namespace, stack) ?? DEFAULT_NAMESPACE,
        method,
        suffix: querySuffix(given.query),
        asynchronous: given.async,
        authorize: given.auth,
        headers: headersOf(given, body),
        body,
      },
      context.signal,
    );
    await show(response, name, given.async, context);
  },
});

/** A token (RFC 9110, section 9.1). */
function methodOf(given: string): string {
  if (/^[\w!#$%&'*+.^`|~-]+$/.test(given)) return given.toUpperCase();
  throw new FaasError('invalid_request', `--method must be a word such as GET or PUT, got ${JSON.stringify(given)}`);
}

function querySuffix(given: readonly string[]): string {
  keyValues('query', given);
  const search = new URLSearchParams(
    given.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
  );
  return search.size > 0 ? `?${search}` : '';
}

function headersOf(given: Values<typeof flags>, body: Uint8Array | Readable | undefined): Record<string, string> {
  checkHeaderValue('--content-type', given['content-type']);
  const headers: Record<string, string> = { 'content-type': given['content-type'] };
  for (const text of given.header) {
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]+)\s*[:=]\s*(.*)$/s.exec(text) ?? [];
    if (name === undefined)
      throw new FaasError('invalid_request', `--header must be NAME=VALUE or NAME: VALUE, got ${JSON.stringify(text)}`);
    checkHeaderValue(`--header ${name}`, value!);
    headers[name.toLowerCase()] = value!;
  }
  if (given.sign === undefined) return headers;
  if (given.key === undefined) throw new FaasError('invalid_request', '--sign needs --key, the key to sign with');
  const signature = createHmac('sha256', given.key)
    .update(body instanceof Readable ? '' : (body ?? ''))
    .digest('hex');
  return { ...headers, [given.sign.toLowerCase()]: `sha256=${signature}` };
}

function checkHeaderValue(flag: string, value: string): void {
  try {
    validateHeaderValue('x', value);
  } catch (cause) {
    const rule = 'may have no line break and no character beyond Latin-1';
    throw new FaasError('invalid_request', `${flag} ${rule}, got ${JSON.stringify(value)}`, { cause });
  }
}

async function show(response: Response, name: string, asynchronous: boolean, context: Context): Promise<void> {
  if (!response.ok) throw await failureOf(response, name, asynchronous);
  if (asynchronous) {
    await response.arrayBuffer();
    const callId = response.headers.get('x-call-id');
    context.stderr.write(`Function submitted asynchronously.${callId ? `\nCall id: ${callId}` : ''}\n`);
    return;
  }
  try {
    await pipeline(response.body ?? Readable.from([]), context.stdout, { end: false, signal: context.signal });
  } catch (cause) {
    context.signal.throwIfAborted();
    throw new FaasError('upstream_failed', `the answer was cut off before its end; see: faas-cli logs ${name}`, {
      cause,
    });
  }
}

/**
 * Contract 5.4: `Server returned unexpected status code: N - BODY`; a problem is told in words, and after a bare text
 * of the platform's, such as `exit status 2`, where to find more.
 */
async function failureOf(response: Response, name: string, asynchronous: boolean): Promise<FaasError> {
  const text = (await response.text()).trim();
  // No such route, and no word of a function.
  if (asynchronous && response.status === 404 && text === '404 page not found')
    return new FaasError('not_supported', 'the gateway takes no asynchronous calls; leave out --async');
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json');
  const byPlatform = response.headers.get('x-openfaas-internal') !== null;
  const hint = response.headers.has('x-dunlin-error') ? `\nsee: faas-cli logs ${name}` : '';
  const detail = isProblem ? problemText(text, response) : `${text}${hint}`;
  const unauthorized = response.status === 401 && byPlatform;
  return new FaasError(
    'function_failed',
    unauthorized ? UNAUTHORIZED : `server returned unexpected status code: ${response.status} - ${detail}`,
  );
}

function problemText(text: string, response: Response): string {
  try {
    const callId = response.headers.get('x-call-id');
    return describeProblem({ ...(callId && { callId }), ...(JSON.parse(text) as Problem) });
  } catch {
    return text;
  }
}
