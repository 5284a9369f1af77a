import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type Env, FUNCTIONS, POOLED, RUNTIMES, Running, start, test } from './harness.ts';

const handler = (file: string): Env => ({ mode: 'module', handler: join(FUNCTIONS, file), OPENFAAS_NAME: 'me' });
const EVENT = handler('event-handler.ts');

for (const [runtime, command] of Object.entries({ ...RUNTIMES, pooled: POOLED })) {
  const named = (title: string): string => `module, ${runtime}: ${title}`;

  test(named('a handler gets the event and the context, after init'), async (t) => {
    const w = await start(t, command, EVENT);
    const json = { 'Content-Type': 'application/json; charset=utf-8', 'X-Call-Id': 'abc' };
    const options = { method: 'POST', path: '/a%20b?x=1&y=2&y=3', headers: json, body: '{"a":[1]}' };
    const answer = await w.call(options);
    t.deepEqual(JSON.parse(answer.body), {
      method: 'POST',
      path: '/a%20b',
      query: { x: '1', y: ['2', '3'] },
      body: { a: [1] },
      bytes: 9,
      callId: 'abc',
      functionName: 'me',
      hasDeadline: true,
      initialised: 'me',
    });
    t.is(answer.headers['content-type'], 'application/json');
    t.is(JSON.parse((await w.call({ method: 'POST', body: 'text' })).body).body, 'text');
  });

  test(named('what a handler returns becomes the answer by its kind'), async (t) => {
    const w = await start(t, command, EVENT);
    const seen = async (path: string): Promise<unknown[]> => {
      const { status, headers, bytes } = await w.call({ path });
      return [status, headers['content-type'], bytes.toString('latin1'), headers['x-own']];
    };
    t.deepEqual(await seen('/text'), [200, 'text/plain; charset=utf-8', 'text', undefined]);
    t.deepEqual(await seen('/bytes'), [200, 'application/octet-stream', '\0\x01\xff', undefined]);
    t.deepEqual(await seen('/nothing'), [200, undefined, '', undefined]);
    t.deepEqual(await seen('/json'), [200, 'application/json', '{"answer":42}', undefined]);
    t.deepEqual(await seen('/response'), [201, 'text/own', 'made', 'yes']);
    t.deepEqual(await seen('/stream'), [200, 'application/octet-stream', 'one two', undefined]);
    t.deepEqual(await seen('/succeed'), [202, 'text/plain; charset=utf-8', 'done', 'yes']);
    t.deepEqual(await seen('/fail'), [422, 'text/plain; charset=utf-8', 'not like this', undefined]);
  });

  test(named('a call lasts until the caller has read the last of its answer'), async (t) => {
    const w = await start(t, command, { ...EVENT, max_inflight: '1' });
    const socket = connect(await w.port(), '127.0.0.1');
    t.teardown(() => socket.destroy());
    socket.write('GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await once(socket, 'readable');
    t.is((await w.call({ path: '/text' })).status, 429);
    t.notRegex(w.log, /GET \/large - 200/);
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    await once(socket, 'close');
    t.true(bytes > 64 * 1024 * 1024);
    await w.line(/GET \/large - 200 OK - ContentLength: 67108864B/);
    t.is((await w.call({ path: '/text' })).status, 200);
  });

  test(named('a stream that fails is cut'), async (t) => {
    const w = await start(t, command, EVENT);
    // Cut before the head has left, or after it.
    t.not(
      await w.call({ path: '/broken-stream' }).then(
        ({ cut }) => cut,
        () => undefined,
      ),
      false,
    );
    await w.line(/Error: the stream broke/);
  });

  test(named("a thrown error is the function's own 500; its stack is only in the log"), async (t) => {
    const w = await start(t, command, EVENT);
    const answer = await w.call({ path: '/throw' });
    t.is(answer.status, 500);
    t.like(JSON.parse(answer.body), { code: 'function_failed', detail: 'boom' });
    t.is(answer.headers['x-openfaas-internal'], undefined);
    t.notRegex(answer.body, /event-handler/);
    await w.line(/Error: boom\n.* at .*event-handler\.ts/);
    t.is((await w.call({ path: '/text' })).status, 200);
  });

  test(named('a JSON body that is none is a 400, a body over max_request_size a 413'), async (t) => {
    const w = await start(t, command, { ...EVENT, max_request_size: '10' });
    const headers = { 'Content-Type': 'application/json' };
    t.is((await w.call({ method: 'POST', headers, body: '{' })).status, 400);
    t.is((await w.call({ method: 'POST', headers, body: JSON.stringify('larger than ten') })).status, 413);
  });

  test(named('an overrun is a 504 and aborts the signal'), async (t) => {
    const w = await start(t, command, EVENT);
    // Shortened for this call only: the one after it must have time on a busy machine.
    const answer = await w.call({ path: '/hang', headers: { 'X-Timeout': '200ms' } });
    t.is(answer.status, 504);
    t.is(answer.headers['x-dunlin-error'], 'exec_timeout');
    await w.line(/aborted: FaasError/);
    t.is((await w.call({ path: '/text' })).status, 200);
  });

  test(named('a blocked event loop ends the process and is named'), async (t) => {
    const w = new Running(t, command, { ...EVENT, exec_timeout: '200ms' });
    await w.ready;
    await t.throwsAsync(w.call({ path: '/block' }));
    t.is((await w.exited).signal, 'SIGKILL');
    t.regex(w.log, /blocking now\n/);
    t.regex(w.log, /\n\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d The handler blocked the event loop/);
    const left = w.termination();
    t.like(left, { code: 'handler_blocked', signal: 'SIGKILL' });
    t.is(left.lastLogLines[0], 'blocking now');
    t.regex(left.lastLogLines[1]!, /blocked the event loop for longer than exec_timeout \(0\.2s\)/);
  });

  test(named('a handler that exits, or throws where nothing catches, leaves word of it'), async (t) => {
    for (const [path, exitCode, message] of [
      ['/exit', 3, /The function ended the process: exit status 3/],
      ['/late-throw', 1, /late boom/],
    ] as const) {
      const w = new Running(t, command, { ...EVENT });
      await w.ready;
      await t.throwsAsync(w.call({ path }));
      t.is((await w.exited).code, exitCode);
      const left = w.termination();
      t.like(left, { code: 'replica_crashed', exitCode });
      t.regex(left.message, message);
      if (path === '/exit') t.true(left.lastLogLines.includes('last words'));
    }
  });

  test(named('what a handler prints is in the log, in whole lines'), async (t) => {
    const w = await start(t, command, EVENT);
    await w.call({ path: '/log' });
    const at = String.raw`\d{4}/\d\d/\d\d \d\d:\d\d:\d\d`;
    for (const line of ['a line of', 'stdout', 'stderr 1', 'no line feed until here'])
      await t.notThrowsAsync(w.line(new RegExp(`^${at} ${line}$`, 'm')));
  });

  test(named('secrets are read by name and by nothing else'), async (t) => {
    const w = new Running(t, command, { ...EVENT, secrets_path: '/proc/self/cwd/test/functions' });
    await w.ready;
    t.regex((await w.call({ path: '/secret?name=commonjs-handler.cjs' })).body, /module\.exports/);
    for (const name of ['../package.json', '..', '/etc/passwd', 'missing', '']) {
      const answer = await w.call({ path: `/secret?name=${encodeURIComponent(name)}` });
      t.is(answer.status, 500, name);
    }
    await w.line(/has no secret "missing"/);
  });

  test(named('SIGTERM calls shutdown'), async (t) => {
    const w = await start(t, command, EVENT);
    w.signal('SIGTERM');
    t.is((await w.exited).code, 0);
    t.regex(w.log, /shutting down in order\n/);
  });

  test(named('CommonJS, fetch, Express and node:http handlers are told by their exports'), async (t) => {
    const post = { method: 'POST', path: '/p?x=1', body: 'hello' };
    const commonjs = await start(t, command, handler('commonjs-handler.cjs'));
    t.deepEqual(JSON.parse((await commonjs.call(post)).body), { style: 'commonjs', path: '/p' });
    const fetching = await (await start(t, command, handler('fetch-handler.mjs'))).call(post);
    t.is(fetching.body, 'hello');
    t.is(fetching.headers['x-seen'], 'POST /p?x=1');
    const express = await (await start(t, command, handler('express-handler.mjs'))).call(post);
    t.is(express.status, 203);
    t.is(express.headers['content-type'], 'application/json');
    t.deepEqual(JSON.parse(express.body), { query: { x: '1' }, body: 'hello' });
    const node = await (await start(t, command, handler('node-handler.mjs'))).call(post);
    t.is(node.body, 'hello');
    t.is(node.headers['x-style'], 'node');
  });

  test(named('an Express app that is the default export is served: bodies, cookies, files, redirects'), async (t) => {
    const w = await start(t, command, handler('express-app.mjs'));
    const body = async (type: string, text: string): Promise<unknown> =>
      JSON.parse((await w.call({ method: 'POST', path: '/body', headers: { 'Content-Type': type }, body: text })).body);
    t.deepEqual(await body('application/json', '{"a":[1]}'), { body: { a: [1] }, type: 'json' });
    t.deepEqual(await body('application/x-www-form-urlencoded', 'a=1&b=%20'), {
      body: { a: '1', b: ' ' },
      type: 'urlencoded',
    });
    t.deepEqual(await body('text/plain', 'hello'), { body: 'hello', type: 'text' });
    const user = await w.call({ path: '/users/7%2F8?x=1', headers: { 'X-Asked': 'yes', Host: 'me.test:81' } });
    t.is(user.status, 201);
    t.regex(user.body, /^<p>7\/8 1 yes me\.test http (::ffff:)?127\.0\.0\.1<\/p>$/);
    t.deepEqual(user.headers['set-cookie'], ['a=1; Path=/', 'b=2; Path=/']);
    t.is(user.headers['x-own'], 'yes');
    t.is(user.headers['content-length'], String(user.bytes.length));
    const again = await w.call({ path: '/users/7%2F8?x=1', headers: { 'If-None-Match': user.headers.etag! } });
    t.not(again.status, 304, 'a 201 is not cached');
    const file = await w.call({ path: '/file' });
    t.regex(file.body, /export default app;\n$/);
    t.is((await w.call({ path: '/file', headers: { 'If-None-Match': file.headers.etag! } })).status, 304);
    t.is((await w.call({ path: '/file', headers: { Range: 'bytes=0-3' } })).body, file.body.slice(0, 4));
    const headOnly = await w.call({ method: 'HEAD', path: '/file' });
    t.deepEqual([headOnly.body, headOnly.headers['content-length']], ['', file.headers['content-length']]);
    t.is((await w.call({ path: '/pipe' })).body, file.body);
    t.is((await w.call({ path: '/redirect' })).headers.location, '/elsewhere?a=%20b');
    await w.line(new RegExp(`GET /pipe - 200 OK - ContentLength: ${file.bytes.length}B`));
    await w.line(/POST \/body - 200 OK - ContentLength: 30B/);
    await w.line(/HEAD \/file - 200 OK - ContentLength: 0B/);
  });

  test(named('an Express app streams both ways, and its errors are its own'), async (t) => {
    const w = await start(t, command, handler('express-app.mjs'));
    const stream = w.call({ path: '/stream' });
    while ((await w.call({ method: 'POST', path: '/go' })).status === 204 && !(await isSettled(stream)));
    t.is((await stream).body, 'one two');
    const large = Buffer.alloc(5_000_000, 'dunlin');
    t.true((await w.call({ method: 'PUT', path: '/echo', body: large })).bytes.equals(large));
    const thrown = await w.call({ path: '/throw' });
    t.is(thrown.status, 500);
    t.is(thrown.headers['x-openfaas-internal'], undefined);
    await w.line(/thrown in a route\n/);
    t.is((await w.call({ path: '/reject' })).status, 418);
    t.is((await w.call({ path: '/nowhere' })).status, 404);
    const told = await w.call({ path: '/errors' });
    t.deepEqual([told.status, told.body], [503, '{"told":"passed on"}']);
    const json = { 'Content-Type': 'application/json' };
    t.is((await w.call({ method: 'POST', path: '/body', headers: json, body: '{' })).status, 400);
    t.is((await w.call({ method: 'POST', path: '/body', headers: json, body: `"${'a'.repeat(2000)}"` })).status, 413);
    const cut = await w.call({ path: '/cut' }).then(
      (answer) => answer.cut,
      () => true,
    );
    t.true(cut);
    t.is((await w.call({ path: '/nowhere' })).status, 404, 'it lives on');
  });

  test(
    named("a handler's own node_modules resolve; .env, bunfig.toml and BUN_* variables change nothing"),
    async (t) => {
      const { temp } = new Running(t, ['true'], {});
      const folder = join(temp, 'function');
      mkdirSync(join(folder, 'node_modules/left-pad'), { recursive: true });
      writeFileSync(join(folder, 'node_modules/left-pad/package.json'), '{"name":"left-pad","main":"entry.js"}');
      writeFileSync(join(folder, 'node_modules/left-pad/entry.js'), "module.exports = (x) => ' ' + x;");
      writeFileSync(join(folder, '.env'), 'FROM_DOTENV=yes\nport=1\n');
      writeFileSync(join(folder, 'preload.js'), 'process.exit(9)');
      writeFileSync(join(folder, 'bunfig.toml'), 'preload = ["./preload.js"]\n');
      writeFileSync(
        join(folder, 'handler.mjs'),
        `import pad from 'left-pad';
       export default () => ({ padded: pad('x'), dotenv: process.env.FROM_DOTENV, bun: Object.keys(process.env).filter((k) => k.startsWith('BUN_')) });`,
      );
      const variables = {
        mode: 'module',
        handler: './handler.mjs',
        BUN_BE_BUN: '1',
        BUN_OPTIONS: '--version',
        BUN_INSPECT: '127.0.0.1:0',
        BUN_INSPECT_PRELOAD: './preload.js',
        BUN_RUNTIME_TRANSPILER_CACHE_PATH: './cache',
        BUN_CONFIG_PRELOAD: './preload.js',
      };
      const w = await start(t, command, variables, folder);
      t.deepEqual(JSON.parse((await w.call()).body), { padded: ' x', bun: [] });
    },
  );

  test(named('a handler that cannot be loaded, or whose init fails, is one clear end'), async (t) => {
    const { temp } = new Running(t, ['true'], {});
    mkdirSync(temp, { recursive: true });
    const files: Record<string, [string, RegExp]> = {
      'syntax.mjs': ['export default (', /syntax\.mjs cannot be loaded/],
      'throws.mjs': ["throw new Error('at load')", /throws\.mjs cannot be loaded: at load/],
      'init.mjs': [
        "export const init = () => { throw new Error('at init') }; export default () => 1",
        /failed in init: at init/,
      ],
      'none.mjs': [
        'export const other = 1',
        /handler: \S+none\.mjs cannot be loaded: it exports no handler; export a default/,
      ],
    };
    for (const [name, [source, message]] of Object.entries(files)) {
      const file = join(temp, name);
      writeFileSync(file, source);
      const w = new Running(t, command, { mode: 'module', handler: file });
      t.is((await w.exited).code, 1);
      t.regex(w.log, message);
      if (name === 'none.mjs') t.notRegex(w.log, / at \S/);
      const end = w.termination();
      t.like(end, { code: 'replica_crashed', exitCode: 1 });
      t.regex(end.message, message);
    }
  });
}

/** Whether a promise is settled after one turn of the loop. */
function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const turn = new Promise<boolean>((resolve) => setImmediate(resolve, false));
  return Promise.race([promise.then(() => true), turn]);
}
