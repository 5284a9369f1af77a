import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Express } from 'express';
import { parse } from 'yaml';
import { readConfig } from '../common/config.ts';
import { createGatewayAuth } from './auth/gateway-auth.ts';
import { TokenStore } from './auth/token-store.ts';
import { gatewaySchema } from './config.ts';
import { controlPlane } from './control-plane.ts';
import { RouteTable } from './invoke/route-table.ts';
import { createLog } from './log.ts';
import { createScaling } from './scaling/scaling.ts';
import { MemoryProvider } from './testing/memory-provider.ts';
import { type Answer, start } from './testing/start.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: false | Schema;
  readonly items?: Schema;
}
interface Response {
  readonly $ref?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}
type Operation = { readonly responses: Readonly<Record<string, Response>> };

const document = parse(await readFile(join(import.meta.dirname, '../docs/openapi.yaml'), 'utf8'));
const METHODS = ['get', 'post', 'put', 'delete'];

/** `METHOD path` of each documented operation. */
const operations = new Map<string, Operation>(
  Object.entries<Record<string, Operation>>(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map(
      (method) => [`${method.toUpperCase()} ${path}`, item[method]!] as const,
    ),
  ),
);

const deployment = { service: 'hello', image: 'hello:latest' };
const digest = `sha256:${'a'.repeat(64)}`;

/** Operation, status that it must have now, path and body. In order: each request finds what those before it left. */
const REQUESTS: readonly (readonly [string, number, string, unknown?])[] = [
  ['GET /', 307, '/'],
  ['GET /healthz', 200, '/healthz'],
  ['GET /system/info', 200, '/system/info'],
  ['GET /system/telemetry', 200, '/system/telemetry'],
  ['GET /system/functions', 200, '/system/functions'],
  ['GET /system/functions', 404, '/system/functions?namespace=ghost'],
  ['PUT /system/functions', 404, '/system/functions', deployment],
  ['POST /system/functions', 202, '/system/functions', deployment],
  ['POST /system/functions', 409, '/system/functions', deployment],
  ['POST /system/functions', 400, '/system/functions', { service: 'Hello' }],
  ['POST /system/functions', 404, '/system/functions', { ...deployment, namespace: 'ghost' }],
  ['POST /system/functions', 413, '/system/functions', { text: 'x'.repeat(5_000_000) }],
  ['PUT /system/functions', 202, '/system/functions', { ...deployment, limits: { memory: '40Mi' } }],
  ['PUT /system/functions', 400, '/system/functions', []],
  ['GET /system/functions', 200, '/system/functions'],
  ['GET /system/function/{name}', 200, '/system/function/hello?usage=1'],
  ['GET /system/function/{name}', 404, '/system/function/ghost'],
  ['GET /system/function/{name}', 400, '/system/function/_'],
  ['POST /system/scale-function/{name}', 202, '/system/scale-function/hello', { replicas: 2 }],
  ['POST /system/scale-function/{name}', 400, '/system/scale-function/hello', { replicas: 'two' }],
  ['POST /system/scale-function/{name}', 404, '/system/scale-function/ghost', { replicas: 1 }],
  ['POST /system/alert', 200, '/system/alert', { status: 'firing', alerts: [] }],
  ['POST /system/alert', 400, '/system/alert', 'no object'],
  ['GET /system/logs', 200, '/system/logs?name=hello'],
  ['GET /system/logs', 400, '/system/logs'],
  ['GET /system/logs', 404, '/system/logs?name=ghost'],
  ['GET /system/logs', 422, '/system/logs?name=hello&tail=x'],
  ['POST /system/secrets', 202, '/system/secrets', { name: 'key', value: 'v' }],
  ['POST /system/secrets', 409, '/system/secrets', { name: 'key', value: 'v' }],
  ['POST /system/secrets', 400, '/system/secrets', { name: '..' }],
  ['GET /system/secrets', 200, '/system/secrets'],
  ['PUT /system/secrets', 202, '/system/secrets', { name: 'key', value: 'w' }],
  ['PUT /system/secrets', 404, '/system/secrets', { name: 'ghost', value: 'w' }],
  ['DELETE /system/secrets', 202, '/system/secrets', { name: 'key' }],
  ['DELETE /system/secrets', 404, '/system/secrets', { name: 'key' }],
  ['GET /system/namespaces', 200, '/system/namespaces'],
  ['POST /system/namespace/{name}', 201, '/system/namespace/', { name: 'dev', labels: { openfaas: '1' } }],
  ['POST /system/namespace/{name}', 409, '/system/namespace/dev', { name: 'dev' }],
  ['POST /system/namespace/{name}', 400, '/system/namespace/', {}],
  ['GET /system/namespace/{name}', 200, '/system/namespace/dev'],
  ['GET /system/namespace/{name}', 404, '/system/namespace/ghost'],
  ['PUT /system/namespace/{name}', 202, '/system/namespace/dev', { name: 'dev' }],
  ['PUT /system/namespace/{name}', 400, '/system/namespace/dev', { name: 'other' }],
  ['PUT /system/namespace/{name}', 404, '/system/namespace/ghost', { name: 'ghost' }],
  ['DELETE /system/namespace/{name}', 202, '/system/namespace/dev'],
  ['DELETE /system/namespace/{name}', 404, '/system/namespace/dev'],
  ['POST /system/tokens', 201, '/system/tokens', { name: 'ci', functions: ['hello'] }],
  ['POST /system/tokens', 400, '/system/tokens', { name: 'ci' }],
  ['GET /system/tokens', 200, '/system/tokens'],
  ['DELETE /system/tokens/{name}', 202, '/system/tokens/ci'],
  ['DELETE /system/tokens/{name}', 404, '/system/tokens/ci'],
  ['PUT /system/bundles/{name}', 404, `/system/bundles/${digest}?image=hello`, ''],
  ['PUT /system/bundles/{name}', 201, `/system/bundles/${digest}?image=hello`, 'tar'],
  ['PUT /system/bundles/{name}', 200, `/system/bundles/${digest}?image=hello:2`, ''],
  ['PUT /system/bundles/{name}', 400, '/system/bundles/none?image=hello', 'tar'],
  ['GET /system/bundles', 200, '/system/bundles'],
  ['DELETE /system/functions', 202, '/system/functions', { functionName: 'hello' }],
  ['DELETE /system/functions', 404, '/system/functions', { functionName: 'hello' }],
  ['DELETE /system/functions', 400, '/system/functions', {}],
];

test('a running gateway answers each documented operation and status as docs/openapi.yaml says', async (t) => {
  const { request, provider } = await start(t);
  provider.logLines.push({ name: 'hello', namespace: 'openfaas-fn', instance: 'r', timestamp: 't', text: 'a line' });
  const seen = new Set<string>();
  for (const [operation, status, path, body] of REQUESTS) {
    const method = operation.split(' ')[0]!;
    const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const what = `${operation} as ${path}`;
    const answer = await request(path, { method, ...sent });
    t.is(answer.status, status, `${what}: ${answer.body}`);
    checkAnswer(t, operation, answer, what);
    // What refuses once refuses again, so the other form of the error is asked for by the same request.
    if (status >= 400) {
      const accept = { accept: 'application/json' };
      checkAnswer(t, operation, await request(path, { method, ...sent, headers: accept }), `${what}, as JSON`);
    }
    seen.add(`${operation} ${status}`);
  }
  const unauthorized = await request('/system/functions', { anonymous: true });
  checkAnswer(t, 'GET /system/functions', unauthorized, 'without credentials');
  seen.add(`GET /system/functions ${unauthorized.status}`);

  const documented = [...operations].flatMap(([name, { responses }]) =>
    Object.keys(responses).map((s) => `${name} ${s}`),
  );
  t.deepEqual(
    documented.filter((line) => !seen.has(line)),
    [],
    'documented, but not asked for by this test',
  );
});

test('any operation that is not documented is 404 or 405', async (t) => {
  const { request } = await start(t);
  for (const path of Object.keys(document.paths))
    for (const method of [...METHODS, 'patch'].map((name) => name.toUpperCase()))
      if (!operations.has(`${method} ${path}`))
        t.is((await request(path.replace('{name}', 'hello'), { method })).status, 405, `${method} ${path}`);
});

test('every route of the gateway is documented', async (t) => {
  await using provider = new MemoryProvider();
  const tokens = new TokenStore('', []);
  const config = readConfig(gatewaySchema, {});
  const log = createLog({ format: 'json', write: () => undefined });
  const { autoscaler } = createScaling({ provider, functions: () => [], config, log });
  const app = controlPlane({
    provider,
    tokens,
    autoscaler,
    auth: createGatewayAuth({ credentials: undefined, tokens, maxGuesses: 0 }),
    routes: new RouteTable({ maxIdleSockets: 1, onChange: () => undefined }),
    config,
    version: { release: '1', sha: 'a' },
    log,
    stopping: new AbortController().signal,
  }) as Express;
  const routes = app.router.stack.flatMap(({ route }) => (route ? [route.path] : []));
  t.deepEqual(routes.map((path) => path.replace(/\{?:(\w+)\}?/, '{$1}')).sort(), Object.keys(document.paths).sort());
});

test('a failure in a status is as documented', async (t) => {
  const { request, deploy, provider } = await start(t);
  await deploy('hello');
  provider.fail(
    { name: 'hello', namespace: 'openfaas-fn' },
    {
      code: 'replica_crashed',
      message: 'It exited',
      replica: 'r',
      exitCode: 1,
      signal: 'SIGSEGV',
      lastLogLines: ['boom'],
      at: new Date(),
    },
  );
  checkAnswer(t, 'GET /system/function/{name}', await request('/system/function/hello'), 'with a failure');
});

function checkAnswer(t: ExecutionContext, operation: string, answer: Answer, what: string): void {
  const documented = operations.get(operation)?.responses[answer.status];
  if (documented === undefined) return void t.fail(`${what}: ${answer.status} is not documented`);
  const { headers = {}, content } = resolve<Response>(documented);
  for (const header of Object.keys(headers)) t.truthy(answer.headers[header.toLowerCase()], `${what}: ${header}`);
  if (content === undefined) return void t.is(answer.body, '', what);
  const type = String(answer.headers['content-type']).split(';')[0]!;
  const schema = content[type]?.schema;
  if (schema === undefined) return void t.fail(`${what}: the type ${type} is not documented`);
  if (type === 'text/plain') return void t.truthy(answer.body, what);
  for (const text of type === 'application/x-ndjson' ? answer.body.trimEnd().split('\n') : [answer.body])
    t.deepEqual(violations(schema, JSON.parse(text), ''), [], what);
}

/** The part of JSON Schema that the document uses. */
function violations(given: Schema, value: unknown, path: string): string[] {
  const schema = resolve<Schema>(given);
  if (schema.type !== undefined && !isOf(schema.type, value)) return [`${path} is no ${schema.type}`];
  if (schema.type === 'array')
    return (value as unknown[]).flatMap((item, i) => violations(schema.items!, item, `${path}[${i}]`));
  if (schema.type !== 'object') return [];
  const members = value as Record<string, unknown>;
  const missing = (schema.required ?? []).filter((key) => !(key in members)).map((key) => `${path}.${key} is missing`);
  const wrong = Object.entries(members).flatMap(([key, member]) => {
    const rule = schema.properties?.[key] ?? schema.additionalProperties;
    if (rule === false) return [`${path}.${key} is not documented`];
    return rule === undefined ? [] : violations(rule, member, `${path}.${key}`);
  });
  return [...missing, ...wrong];
}

function isOf(type: string, value: unknown): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}

function resolve<T extends { readonly $ref?: string }>(node: T): T {
  if (node.$ref === undefined) return node;
  return node.$ref
    .slice(2)
    .split('/')
    .reduce((at: Record<string, unknown>, key) => at[key] as never, document) as never;
}
