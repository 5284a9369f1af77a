import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { root } from './harness/platform.ts';
import { startTemplate } from './harness/template.ts';
import { temporaryFolder } from './harness/temporary-folder.ts';

/** A handler in the style of OpenFaaS's node templates, CommonJS, that shows what it was given. */
const NODE_HANDLER = `'use strict';
const { Readable } = require('node:stream');
module.exports = async (event, context) => {
  switch (event.path) {
    case '/event': return { ...event, headers: event.headers['x-test'], callId: context.callId };
    case '/status': return context.status(418).headers({ 'x-tea': 'pot' }).succeed('short and stout');
    case '/fail': return context.status(409).fail('taken');
    case '/throw': throw new Error('no luck');
    case '/bytes': return Buffer.isBuffer(event.body) ? event.body : 'no buffer';
    case '/stream': return Readable.from(['a', 'b', 'c']);
    case '/empty': return context.status(204);
    case '/secret': return context.secret('password');
    case '/elsewhere': return context.secret('../password');
  }
};
`;

test('node: a CommonJS handler of OpenFaaS gets event and context and answers in every way it may', async (t) => {
  const { call, logged } = await startTemplate(t, 'node', {
    'package.json': '{}',
    'handler.js': NODE_HANDLER,
    password: 'swordfish',
  });
  const json = { 'content-type': 'application/json' };
  const seen = async (headers: Record<string, string>, body?: string) => {
    const answer = await call({
      path: '/event?a=1&b=2&b=3',
      headers: { 'x-test': 'yes', ...headers },
      body: body ?? '',
    });
    t.is(answer.headers['content-type'], 'application/json');
    return JSON.parse(answer.body);
  };
  t.deepEqual(await seen({ ...json, 'x-call-id': 'c1' }, '{"n":1}'), {
    body: { n: 1 },
    headers: 'yes',
    method: 'POST',
    query: { a: '1', b: ['2', '3'] },
    path: '/event',
    callId: 'c1',
  });
  t.deepEqual((await seen({ 'content-type': 'application/x-www-form-urlencoded' }, 'a=1')).body, { a: '1' });
  t.is((await seen({ 'content-type': 'text/csv' }, 'a;b')).body, 'a;b');
  t.is((await seen({}, '')).body, '');

  const told = async (path: string, body = '') => {
    const answer = await call({ path, body, headers: { 'content-type': 'image/png' } });
    return [answer.status, answer.body, answer.headers['content-type']];
  };
  t.deepEqual(await told('/status'), [418, 'short and stout', 'text/plain; charset=utf-8']);
  t.is((await call({ path: '/status' })).headers['x-tea'], 'pot');
  t.deepEqual(await told('/fail'), [409, 'taken\n', 'text/plain; charset=utf-8']);
  t.deepEqual(await told('/throw'), [500, 'no luck\n', 'text/plain; charset=utf-8']);
  await logged(/Error: no luck\n.*at .*handler\.js/);
  t.deepEqual(await told('/bytes', 'PNG'), [200, 'PNG', 'application/octet-stream']);
  t.deepEqual(await told('/stream'), [200, 'abc', 'application/octet-stream']);
  t.deepEqual(await told('/empty'), [204, '', undefined]);
  t.deepEqual(await told('/nothing'), [200, '', undefined]);
  t.deepEqual(await told('/secret'), [200, 'swordfish', 'text/plain; charset=utf-8']);
  t.regex((await told('/elsewhere')).join(' '), /^500 "\.\.\/password" is no name of a secret\./);
});

test('node: a handler that takes the callback may answer later', async (t) => {
  const { call } = await startTemplate(t, 'node', {
    'package.json': '{}',
    'handler.js': `module.exports = (event, context, callback) => {
  setImmediate(() => (event.body === 'no' ? callback('refused') : callback(null, { late: true })));
};`,
  });
  t.is((await call({ body: 'yes' })).body, '{"late":true}');
  const refused = await call({ body: 'no' });
  t.deepEqual([refused.status, refused.body], [500, 'refused\n']);
});

test('node: what is no JSON is a 400, what is too large a 413 that names the variable, and the next call is served', async (t) => {
  const { call } = await startTemplate(t, 'node');
  const bad = await call({ body: '{', headers: { 'content-type': 'application/json' } });
  t.is(bad.status, 400);
  t.regex(bad.body, /JSON/);
  const large = await call({ body: 'x'.repeat(10 * 1024 * 1024 + 1) });
  t.is(large.status, 413);
  t.regex(large.body, /limit is 10485760 bytes: raise MAX_RAW_SIZE/);
  t.is((await call({ body: 'Ada' })).body, 'Hello, Ada!\n');
});

/** A handler in the style of OpenFaaS's python3-http template that shows what it was given. */
const PYTHON_HANDLER = `from .helper import shout
import helper

def cut():
    yield "half"
    raise RuntimeError("cut in the middle")

def handle(event, context):
    match event.path:
        case "/event":
            return {"method": event.method, "query": event.query, "body": event.body.decode(),
                    "header": event.headers.get("X-TEST"), "call": context.call_id}
        case "/status":
            return {"statusCode": 418, "headers": {"X-Tea": "pot"}, "body": shout("short")}
        case "/json": return {"body": {"a": [1]}}
        case "/list": return [helper.shout("a")]
        case "/raise": raise KeyError("no luck")
        case "/bytes": return event.body
        case "/stream": return (piece for piece in ["a", b"b", "c"])
        case "/cut": return cut()
        case "/empty": return {"statusCode": 204}
        case "/secret": return context.secret("password")
        case "/inject": return {"headers": {"X-Tea": "pot\\r\\nX-Evil: yes"}}
`;

test('python3: a handler of OpenFaaS gets event and context and answers in every way it may', async (t) => {
  const { call, logged } = await startTemplate(t, 'python3', {
    'handler.py': PYTHON_HANDLER,
    'helper.py': 'shout = str.upper\n',
    password: 'swordfish',
  });
  const seen = await call({
    method: 'PURGE',
    path: '/event?a=1&b=2&b=3&c=',
    headers: { 'x-test': 'yes', 'x-call-id': 'c1', 'transfer-encoding': 'chunked' },
    body: 'x'.repeat(100_000),
  });
  t.deepEqual(JSON.parse(seen.body), {
    method: 'PURGE',
    query: { a: '1', b: ['2', '3'], c: '' },
    body: 'x'.repeat(100_000),
    header: 'yes',
    call: 'c1',
  });
  const told = async (path: string, body = '') => {
    const answer = await call({ path, body });
    return [answer.status, answer.body, answer.headers['content-type']];
  };
  t.deepEqual(await told('/status'), [418, 'SHORT', 'text/plain; charset=utf-8']);
  t.is((await call({ path: '/status' })).headers['x-tea'], 'pot');
  t.deepEqual(await told('/json'), [200, '{"a": [1]}', 'application/json']);
  t.deepEqual(await told('/list'), [200, '["A"]', 'application/json']);
  t.deepEqual(await told('/raise'), [500, "'no luck'\n", 'text/plain; charset=utf-8']);
  await logged(/Traceback[\s\S]*handler\.py[\s\S]*KeyError: 'no luck'/);
  t.deepEqual(await told('/bytes', 'PNG'), [200, 'PNG', 'application/octet-stream']);
  t.deepEqual(await told('/stream'), [200, 'abc', 'application/octet-stream']);
  t.deepEqual(await told('/empty'), [204, '', undefined]);
  t.deepEqual(await told('/nothing'), [200, '', undefined]);
  t.deepEqual(await told('/secret'), [200, 'swordfish', 'text/plain; charset=utf-8']);
  t.regex((await told('/inject')).join(' '), /^500 The header 'X-Tea' holds a line break\./);
  await t.throwsAsync(call({ path: '/cut' }), { code: 'ECONNRESET' });
  t.is((await call({ path: '/json' })).status, 200);
});

test('python3: requirements without pip are refused in words, and an empty file asks for nothing', async (t) => {
  const folder = await temporaryFolder(t);
  cpSync(join(root, 'templates/python3'), folder, { recursive: true });
  const install = (requirements: string) => {
    writeFileSync(join(folder, 'function/requirements.txt'), requirements);
    // -S: without site-packages there is no pip.
    return spawnSync('/usr/bin/python3', ['-S', '../install.py'], { cwd: join(folder, 'function'), encoding: 'utf8' });
  };
  t.is(install('\n# nothing yet\n').status, 0);
  const refused = install('left-pad\n');
  t.is(refused.status, 1);
  t.regex(refused.stderr, /python3 has no pip.*apt-get install python3-pip/);
});

test('bash: the script finds its call in the environment, logs to stderr, and fails with a 500', async (t) => {
  const { call, logged } = await startTemplate(t, 'bash', {
    'handler.sh': `set -euo pipefail
echo "a line for the log" >&2
case $Http_Path in
  /call) echo "$Http_Method $Http_Query $Http_X_Test $(cat) $(cat "$secrets_path/password")" ;;
  *) echo "partly"; exit 3 ;;
esac
`,
    password: 'swordfish',
  });
  const seen = await call({ path: '/call?a=1&b=2', headers: { 'x-test': 'yes' }, body: 'body' });
  t.is(seen.body, 'POST a=1&b=2 yes body swordfish\n');
  await logged(/a line for the log/);
  const failed = await call({ path: '/other' });
  t.is(failed.status, 500);
  t.regex(failed.body, /exit status 3\npartly/);
});

test('python3: a handler.py without handle does not start, and its log says what to write', async (t) => {
  await t.throwsAsync(startTemplate(t, 'python3', { 'handler.py': 'def handler(event, context):\n  return 1\n' }), {
    message: /handler\.py defines no function: write "def handle\(event, context\):"/,
  });
});

test('python3: a caller who leaves before the answer leaves no traceback in the log', async (t) => {
  const { watchdog, open, call, log, logged } = await startTemplate(t, 'python3', {
    'handler.py': `import os
def handle(event, context):
  if event.path == "/wait":
    print("called")
    while not os.path.exists(event.text): pass
`,
  });
  const go = join(await temporaryFolder(t), 'go');
  const left = open({ path: '/wait', body: go });
  left.on('error', () => {});
  await logged(/called/);
  left.destroy();
  await logged(/ 499 /);
  writeFileSync(go, '');
  // Its thread ends meanwhile.
  await call({ body: '' });
  const closed = once(watchdog, 'close');
  watchdog.kill('SIGTERM');
  await closed;
  t.notRegex(log(), /Traceback/);
});
