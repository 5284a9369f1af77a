import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { ExecutionContext } from 'ava';
import { freePort } from '../../common/free-port.ts';
import manifest from '../../package.json' with { type: 'json' };
import { callAt, type Env, RUNTIMES, Running, start, test } from './harness.ts';

const CAT: Env = { fprocess: 'cat' };
const WAITING: Env = { mode: 'serializing', fprocess: 'cat' };

for (const [runtime, command] of Object.entries(RUNTIMES)) {
  const named = (title: string): string => `lifecycle, ${runtime}: ${title}`;
  const run = async (t: ExecutionContext, env: Env, flag?: string): Promise<Running & { code: number | null }> => {
    const w = new Running(t, flag === undefined ? command : [...command, flag], env);
    return Object.assign(w, { code: (await w.exited).code });
  };

  test(named('--version and -version print the version'), async (t) => {
    for (const flag of ['--version', '-version']) {
      const w = await run(t, {}, flag);
      t.deepEqual([w.code, w.log], [0, `${manifest.version}\n`]);
    }
    const w = await run(t, {}, '--help-me');
    t.is(w.code, 1);
    t.regex(w.log, /unknown flag --help-me.*\n/);
  });

  test(
    named('the lock file is there once listening, and gone when unhealthy; -run-healthcheck looks for it'),
    async (t) => {
      const w = await start(t, command, { ...CAT, healthcheck_interval: '30s' });
      const lock = join(w.temp, '.lock');
      t.is(statSync(lock).mode & 0o777, 0o660);
      await w.line(/Writing lock-file to: .*\.lock\n/);
      t.is((await run(t, { TMPDIR: w.temp }, '-run-healthcheck')).code, 0);
      t.deepEqual(
        [(await w.call({ path: '/_/health' })).status, (await w.call({ path: '/_/health' })).body],
        [200, 'OK'],
      );
      t.is((await w.call({ path: '/_/health', method: 'POST' })).status, 405);
      rmSync(lock);
      t.is((await w.call({ path: '/_/health' })).status, 503);
      const check = await run(t, { TMPDIR: w.temp }, '-run-healthcheck');
      t.deepEqual([check.code, check.log], [1, 'unable to find lock file.\n']);
    },
  );

  test(named('suppress_lock writes none, and is healthy'), async (t) => {
    const w = await start(t, command, { ...CAT, suppress_lock: 'true' });
    t.false(existsSync(join(w.temp, '.lock')));
    t.is((await w.call({ path: '/_/health' })).status, 200);
  });

  test(
    named('after SIGTERM it is unhealthy but serves for healthcheck_interval; a second signal ends it'),
    async (t) => {
      const w = await start(t, command, { ...WAITING, healthcheck_interval: '30s' });
      w.signal('SIGTERM');
      await w.line(/SIGTERM received/);
      t.is((await w.call({ path: '/_/health' })).status, 503);
      t.is((await w.call({ path: '/_/ready' })).status, 503);
      t.is((await w.call({ method: 'POST', body: 'still served' })).body, 'still served');
      t.false(existsSync(join(w.temp, '.lock')));
      w.signal('SIGTERM');
      t.is((await w.exited).code, 1);
    },
  );

  test(named('SIGINT drains an open call and exits 0; one that takes longer than write_timeout is cut'), async (t) => {
    const w = await start(t, command, WAITING);
    const body = new PassThrough();
    body.write('begun ');
    const open = w.call({ method: 'POST', body });
    await w.call();
    w.signal('SIGINT');
    await w.line(/Waiting for 1 open calls/);
    body.end('and ended');
    t.is((await open).body, 'begun and ended');
    t.is((await w.exited).code, 0);
    const short = await start(t, command, { ...WAITING, fprocess: 'sleep 60', write_timeout: '200ms' });
    const cut = short.call();
    await t.notThrowsAsync(short.call({ path: '/_/ready' }));
    short.signal('SIGTERM');
    await t.throwsAsync(cut);
    t.is((await short.exited).code, 0);
    t.deepEqual(await short.left(), []);
  });

  test(named('over max_inflight is a 429, and /_/ready says so'), async (t) => {
    const w = await start(t, command, { ...WAITING, max_inflight: '1' });
    const body = new PassThrough();
    body.write('x');
    const open = w.call({ method: 'POST', body });
    await t.notThrowsAsync(until(async () => (await w.call({ path: '/_/ready' })).status === 429));
    const refused = await w.call();
    t.is(refused.status, 429);
    t.is(refused.body, 'Concurrent request limit exceeded. Max concurrent requests: 1\n');
    t.is(refused.headers['content-type'], 'text/plain');
    t.is(refused.headers['x-openfaas-internal'], 'faas-middleware');
    body.end();
    t.is((await open).status, 200);
    t.is((await w.call()).status, 200);
  });

  test(named('with max_inflight_queue a call over the limit waits its turn'), async (t) => {
    const w = await start(t, command, { ...WAITING, max_inflight: '1', max_inflight_queue: '30s' });
    const body = new PassThrough();
    body.write('x');
    const open = w.call({ method: 'POST', body });
    await until(async () => (await w.call({ path: '/_/ready' })).status === 429);
    const waiting = w.call({ method: 'POST', body: 'waited' });
    body.end();
    t.is((await open).status, 200);
    t.is((await waiting).body, 'waited');
    const short = await start(t, command, {
      ...WAITING,
      fprocess: 'sleep 60',
      max_inflight: '1',
      max_inflight_queue: '50ms',
    });
    const held = short.call().catch(() => undefined);
    await until(async () => (await short.call({ path: '/_/ready' })).status === 429);
    t.is((await short.call()).status, 429);
    short.signal('SIGKILL');
    await held;
  });

  test(named('metrics count calls by code and method, but no health checks'), async (t) => {
    const port = String(await freePort('0.0.0.0'));
    const w = await start(t, command, { ...CAT, metrics_port: port });
    await w.call({ method: 'POST', body: 'x' });
    await w.call({ method: 'HEAD' });
    await w.call({ path: '/_/health' });
    await w.line(/Metrics listening on port: \d+\n/);
    const { body, headers } = await callAt({ host: '127.0.0.1', port: Number(port) }, { path: '/metrics?name=x' });
    t.regex(headers['content-type']!, /^text\/plain; version=0\.0\.4/);
    t.regex(body, /^http_requests_total\{code="200",method="post"\} 1$/m);
    t.regex(body, /^http_requests_total\{code="405",method="head"\} 1$/m);
    t.regex(body, /^http_request_duration_seconds_bucket\{code="200",method="post",le="\+Inf"\} 1$/m);
    t.regex(body, /^http_requests_in_flight 0$/m);
    t.notRegex(body, /method="get"/);
  });

  test(named('listen=unix: serves on a socket, and takes over one that nobody listens on'), async (t) => {
    const { temp } = new Running(t, ['true'], {});
    mkdirSync(temp, { recursive: true });
    const socketPath = join(temp, 'w.sock');
    const first = new Running(t, command, { ...CAT, listen: `unix:${socketPath}` });
    await first.ready;
    t.is((await callAt({ socketPath }, { method: 'POST', body: 'hi' })).body, 'hi');
    const rival = await run(t, { ...CAT, listen: `unix:${socketPath}` });
    t.is(rival.code, 1);
    t.regex(rival.log, /listen: .* is in use by another process\n/);
    first.signal('SIGKILL');
    await first.exited;
    const heir = new Running(t, command, { ...CAT, listen: `unix:${socketPath}` });
    await heir.ready;
    t.is((await callAt({ socketPath }, { method: 'POST', body: 'again' })).body, 'again');
    const file = join(temp, 'precious');
    writeFileSync(file, 'data');
    const mistakes: Env[] = [
      { ...CAT, listen: `unix:${file}` },
      { mode: 'http', fprocess: 'cat', upstream_url: `unix:${file}` },
    ];
    for (const env of mistakes) {
      const mistaken = await run(t, env);
      t.is(mistaken.code, 1);
      t.regex(
        mistaken.log,
        /(?:listen|upstream_url): \S+precious is there and no socket; remove it, or choose another/,
      );
      t.is(readFileSync(file, 'utf8'), 'data');
    }
  });

  test(named('bad settings are reported together, with variable, rule and value'), async (t) => {
    const w = await run(t, { mode: 'sideways', exec_timeout: 'soon', port: 'web', max_inflight: '-1', ready_fd: '' });
    t.is(w.code, 1);
    for (const line of [
      /mode: expected one of fork, http, .*, got "sideways"/,
      /exec_timeout: expected a duration such as .*, got "soon"/,
      /port: expected a whole number from 0 to 65535, got "web"/,
      /max_inflight: expected a whole number, 0 or more, got "-1"/,
    ])
      t.regex(w.log, line);
  });

  test(named('what a mode cannot do without is one line and exit code 1'), async (t) => {
    for (const [env, line] of [
      [{}, /^fprocess: fork mode needs .*\n$/],
      [{ mode: 'http', fprocess: 'cat' }, /^upstream_url: http mode needs .*\n$/],
      [{ mode: 'http', fprocess: 'cat', upstream_url: 'ftp://x' }, /^upstream_url: expected http.*\n$/],
      [{ mode: 'module' }, /^handler: module mode needs .*\n$/],
      [{ mode: 'streaming', fprocess: 'cat', write_timeout: '0h0m' }, /^write_timeout: must be more than 0.*\n$/],
      [{ ...CAT, jwt_auth: 'true' }, /^jwt_auth: .* not supported yet.*\n$/],
      [{ fprocess: "'open" }, /^fprocess: expected a closing '.*\n$/],
      [{ fprocess: ' ' }, /^fprocess: expected the name of a program first, got " "\n$/],
      [{ fprocess: '"" x' }, /^fprocess: expected the name of a program first, got .*\n$/],
      [{ ...CAT, port: '70000' }, /^port: .*got "70000"\n$/],
      [{ ...CAT, log_file: '/not/there/log' }, /^log_file: .*\n$/],
    ] as const) {
      const w = await run(t, env);
      t.is(w.code, 1);
      t.regex(w.log, line);
    }
  });

  test(named('a port in use, or a lock folder that cannot be written, is one line and exit code 1'), async (t) => {
    const server = createServer().listen(0);
    t.teardown(() => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const taken = await run(t, { ...CAT, port: String(port) });
    t.is(taken.code, 1);
    t.regex(taken.log, new RegExp(`port: port ${port} is in use by another process`));
    t.false(existsSync(join(taken.temp, '.lock')));
    const unwritable = await run(t, { ...CAT, TMPDIR: '/proc/none' });
    t.is(unwritable.code, 1);
    t.regex(unwritable.log, /cannot write the lock file: .*suppress_lock=true\n/);
    const noFolder = await run(t, { ...CAT, TMPDIR: '/dev/null' });
    t.is(noFolder.code, 1);
    t.regex(noFolder.log, /cannot write the lock file: .*suppress_lock=true\n$/);
  });

  test(named('requests that could be read in two ways are refused'), async (t) => {
    const w = await start(t, command, CAT);
    const twice = await w.call({ headers: { 'Transfer-Encoding': 'gzip, chunked' }, method: 'POST', body: '' });
    t.is(twice.status, 400);
    t.is(twice.headers['x-openfaas-internal'], 'of-watchdog');
  });
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds()));
}
