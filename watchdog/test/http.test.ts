import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { freePort } from '../../common/free-port.ts';
import { callAt, type Env, FUNCTIONS, RUNTIMES, Running, start, test } from './harness.ts';

const SERVER: Env = {
  mode: 'http',
  fprocess: `${execPath} ${join(FUNCTIONS, 'http-server.mjs')}`,
  upstream_url: 'unix:',
};

for (const [runtime, command] of Object.entries(RUNTIMES)) {
  const named = (title: string): string => `http, ${runtime}: ${title}`;

  test(named('path, query, headers and body reach the process; its answer comes back as it is'), async (t) => {
    const w = await start(t, command, SERVER);
    const sent = { 'X-Own': 'yes', Host: 'me.test', 'X-Call-Id': 'abc' };
    const seen = JSON.parse((await w.call({ path: '/echo-head?q=%20//', headers: sent })).body);
    t.is(seen.url, '/echo-head?q=%20//');
    t.like(seen.headers, { 'x-own': 'yes', host: 'me.test', 'x-call-id': 'abc' });
    t.is((await w.call({ path: '//a/./b/../c' })).headers['x-target'], '//a/./b/../c');
    const made = await w.call({ path: '/created' });
    t.is(made.status, 201);
    t.is(made.headers['x-own'], 'yes');
    t.regex(made.headers['x-duration-seconds'] as string, /^\d+\.\d{6}$/);
    t.is((await w.call({ path: '/redirect' })).status, 302);
    await w.line(/GET \/created - 201 Created - ContentLength: 4B \(\d\.\d{4}s\)\n/);
  });

  test(named('Content-Length is kept, and a chunked body stays chunked'), async (t) => {
    const w = await start(t, command, SERVER);
    const head = async (body: string | Readable) =>
      JSON.parse((await w.call({ method: 'POST', path: '/echo-head', body })).body).headers;
    t.is((await head('hello'))['content-length'], '5');
    t.is((await head(Readable.from([Buffer.from('hello')])))['transfer-encoding'], 'chunked');
    t.is(
      (await w.call({ method: 'POST', body: Readable.from([Buffer.alloc(3_000_000, 'a')]) })).bytes.length,
      3_000_000,
    );
  });

  test(named('buffer_http reads the whole body first'), async (t) => {
    const w = await start(t, command, { ...SERVER, buffer_http: 'true', max_request_size: '1k' });
    t.is((await w.call({ method: 'POST', body: 'hello' })).body, 'hello');
    t.is((await w.call({ method: 'POST', body: Buffer.alloc(2000) })).status, 413);
  });

  test(named('with port 0 the process finds a free port in PORT'), async (t) => {
    const w = await start(t, command, { ...SERVER, upstream_url: 'http://127.0.0.1:0' });
    t.is((await w.call({ method: 'POST', body: 'over TCP' })).body, 'over TCP');
  });

  test(named('localhost is whichever of its addresses the process listens on'), async (t) => {
    for (const listen_host of ['127.0.0.1', '::1']) {
      const port = String(await freePort(listen_host).catch(() => 0));
      // A machine without IPv6 has one address only.
      if (port === '0') continue;
      const w = await start(t, command, { ...SERVER, upstream_url: `http://localhost:${port}`, listen_host });
      t.is((await w.call({ method: 'POST', body: listen_host })).body, listen_host);
    }
  });

  test(named('a call before the process listens waits for it; /_/ready is 503 until then'), async (t) => {
    const w = new Running(t, command, {
      ...SERVER,
      fprocess: `sh -c 'while [ ! -e "$TMPDIR/go" ]; do sleep 0.02; done; exec ${SERVER.fprocess}'`,
    });
    t.is((await w.call({ path: '/_/ready' })).status, 503);
    t.is((await w.call({ path: '/_/health' })).status, 200);
    const waiting = w.call({ method: 'POST', body: 'early' });
    writeFileSync(join(w.temp, 'go'), '');
    t.is((await waiting).body, 'early');
    await w.ready;
    t.is((await w.call({ path: '/_/ready' })).status, 200);
  });

  test(named('ready_path is asked of the function'), async (t) => {
    const w = await start(t, command, { ...SERVER, ready_path: '/created' });
    t.is((await w.call({ path: '/_/ready' })).status, 201);
    t.is((await w.call({ path: '/_/ready', method: 'POST' })).status, 405);
  });

  test(named('exec_timeout is a 504, and X-Timeout only ever shortens it'), async (t) => {
    const w = await start(t, command, { ...SERVER, exec_timeout: '300ms' });
    for (const asked of ['', '100ms', '1h', '0s', '-1s', 'soon']) {
      const answer = await w.call({ path: '/hang', headers: asked === '' ? {} : { 'X-Timeout': asked } });
      t.is(answer.status, 504, asked);
      t.is(answer.headers['x-openfaas-internal'], 'of-watchdog');
      t.is(answer.headers['x-dunlin-error'], 'exec_timeout');
      t.regex(answer.body, asked === '100ms' ? /0\.1s/ : /0\.3s/, asked);
    }
  });

  test(named('server-sent events pass as they come, without a limit'), async (t) => {
    const w = await start(t, command, { ...SERVER, exec_timeout: '1s' });
    const headers = { Accept: 'text/event-stream' };
    const req = request({ port: await w.port(), path: '/events', headers, agent: false }).end();
    const [answer] = (await once(req, 'response')) as [IncomingMessage];
    // It begins later, so the time of the events is over with its own.
    t.is((await w.call({ path: '/hang' })).status, 504);
    await w.call({ path: '/last-event' });
    t.is(await text(answer), 'data: first\n\ndata: last\n\n');
    t.is(answer.headers['x-duration-seconds'], undefined);
  });

  test(named('a WebSocket upgrade passes, and bytes go both ways'), async (t) => {
    const w = await start(t, command, SERVER);
    const socket = connect(await w.port(), '127.0.0.1');
    t.teardown(() => socket.destroy());
    socket.setEncoding('utf8');
    socket.write('GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    let received = '';
    for await (const text of socket) {
      received += text;
      if (received.endsWith('\r\n\r\n')) socket.write('ping');
      if (received.endsWith('ping')) break;
    }
    t.regex(received, /^HTTP\/1\.1 101 /);
    await w.line(/GET \/ws - 101 Switching Protocols - ContentLength: 0B/);
  });

  test(named('an answer that the process cuts is cut for the caller'), async (t) => {
    const w = await start(t, command, SERVER);
    const answer = await w.call({ path: '/cut' });
    t.true(answer.cut);
    t.is(answer.body, 'part');
  });

  test(named('a connection that the process resets is a 502'), async (t) => {
    const w = await start(t, command, SERVER);
    const answer = await w.call({ path: '/reset' });
    t.is(answer.status, 502);
    t.like(JSON.parse(answer.body), { code: 'upstream_failed' });
  });

  test(named('a process that exits answers open calls with its last words and ends the watchdog'), async (t) => {
    const w = new Running(t, command, SERVER);
    await w.ready;
    const hanging = w.call({ path: '/hang' });
    const answer = await w.call({ path: '/exit' });
    const problem = JSON.parse(answer.body);
    t.is(answer.status, 502);
    t.like(problem, { code: 'replica_crashed', exitCode: 4 });
    t.true(problem.lastLogLines.includes('last words'));
    t.is((await hanging).status, 502);
    t.deepEqual(await w.exited, { code: 4, signal: null });
    t.regex(w.log, /Forked function has terminated: exit status 4\n/);
    const left = w.termination();
    t.like(left, { code: 'replica_crashed', message: 'Forked function has terminated: exit status 4', exitCode: 4 });
    t.true(left.lastLogLines.includes('last words'));
  });

  test(named('a process that exits 0, or is killed, ends the watchdog too'), async (t) => {
    for (const [path, reason, exitCode] of [
      ['/exit', 'exit status 4', 4],
      ['/exit-0', 'exit status 0', 1],
      ['/kill', 'signal: killed', 1],
    ] as const) {
      const w = await start(t, command, SERVER);
      t.is((await w.call({ path })).status, 502);
      t.is((await w.exited).code, exitCode);
      t.true(w.log.includes(`Forked function has terminated: ${reason}\n`), w.log);
    }
  });

  test(named('a process that ends before it listens ends the watchdog with its reason'), async (t) => {
    const w = new Running(t, command, { ...SERVER, fprocess: `sh -c 'echo no such thing >&2; exit 7'` });
    t.is((await w.exited).code, 7);
    t.regex(w.log, /stderr: no such thing\n(?:.|\n)*terminated: exit status 7\n/);
    const missing = new Running(t, command, { ...SERVER, fprocess: './not-there' });
    t.is((await missing.exited).code, 1);
    t.regex(missing.log, /fork\/exec \.\/not-there: no such file or directory\n/);
  });

  test(named('SIGTERM drains the open calls before the process is told'), async (t) => {
    const w = await start(t, command, SERVER);
    const body = new Readable({ read() {} });
    body.push('begun ');
    const open = w.call({ method: 'POST', body });
    const settled = w.call({ path: '/created' });
    await settled;
    w.signal('SIGTERM');
    await w.line(/Waiting for 1 open calls/);
    body.push('and ended');
    body.push(null);
    t.is((await open).body, 'begun and ended');
    t.deepEqual(await w.exited, { code: 0, signal: null });
    t.regex(w.log, /ContentLength: 15B(?:.|\n)*stdout: told to end\n/);
    t.deepEqual(await w.left(), []);
  });

  test(named('a process that ignores SIGTERM is killed with its group'), async (t) => {
    const w = await start(t, command, { ...SERVER, trap: 'ignore', write_timeout: '200ms' });
    w.signal('SIGTERM');
    t.deepEqual(await w.exited, { code: 0, signal: null });
    t.deepEqual(await w.left(), []);
  });

  test(named('long lines of the process are broken, none is lost'), async (t) => {
    const w = await start(t, command, SERVER);
    await w.call({ path: '/large-line' });
    await w.line(/stdout: after the large line\n/);
    const pieces = [...w.log.matchAll(/stdout: (x+)\n/g)].map(([, x]) => x!.length);
    t.true(pieces.every((length) => length <= 65_536));
    t.is(
      pieces.reduce((sum, length) => sum + length),
      200_000,
    );
  });

  test(named('prefix_logs=false passes lines on as they are'), async (t) => {
    const w = await start(t, command, { ...SERVER, prefix_logs: 'false' });
    w.signal('SIGTERM');
    await w.exited;
    t.regex(w.log, /^told to end$/m);
  });

  test(named('log_file takes the log as RFC 3339 lines and is renamed at its size'), async (t) => {
    const w = new Running(t, command, { ...SERVER, log_file: '/dev/null' });
    await w.ready;
    t.is(w.log, '');
    const file = join(w.temp, 'function.log');
    const other = new Running(t, command, {
      ...SERVER,
      log_file: file,
      log_file_max_size: '2k',
      listen: `unix:${w.temp}/s`,
    });
    await other.ready;
    t.is(other.log, '');
    t.regex(readFileSync(file, 'utf8'), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z Listening on unix socket: .*$/m);
    other.signal('SIGTERM');
    await other.exited;
    t.regex(readFileSync(file, 'utf8'), /Z stdout: told to end\n/);
    t.false(existsSync(`${file}.1`));
  });

  test(named('a log file that is renamed while calls go on loses no line'), async (t) => {
    const { temp } = new Running(t, ['true'], {});
    const file = join(temp, 'function.log');
    // Room for a hundred lines: renamed once in this test, so that the two files together hold all.
    const w = await start(t, command, {
      ...SERVER,
      log_file: file,
      log_file_max_size: '8k',
      listen: `unix:${temp}/s`,
    });
    const calls = 120;
    for (let i = 0; i < calls; i += 10) {
      const ten = Array.from({ length: 10 }, (_, j) => callAt({ socketPath: `${temp}/s` }, { path: `/say?${i + j}.` }));
      for (const answer of await Promise.all(ten)) t.is(answer.status, 200);
    }
    w.signal('SIGTERM');
    await w.exited;
    const older = readFileSync(`${file}.1`, 'utf8');
    t.true(older.length <= 8192 && older.endsWith('\n'));
    const text = older + readFileSync(file, 'utf8');
    for (let i = 0; i < calls; i++) {
      t.is(text.split(` stdout: said ${i}.\n`).length, 2, `line of call ${i}`);
    }
    t.regex(text.split('\n').at(-2)!, /Z stdout: told to end$/);
  });

  test(named('log_format=json makes each line an object'), async (t) => {
    const w = await start(t, command, { ...SERVER, log_format: 'json', log_callid: 'true' });
    await w.call({ path: '/created', headers: { 'X-Call-Id': 'abc' } });
    const [line] = await w.line(/^.*GET \/created.*$/m);
    t.like(JSON.parse(line), { stream: 'watchdog', callId: 'abc' });
    t.regex(line, /\[abc\]/);
  });

  test(named('probes of Kubernetes are not logged'), async (t) => {
    const w = await start(t, command, SERVER);
    await w.call({ path: '/created?probe', headers: { 'User-Agent': 'kube-probe/1.30' } });
    await w.call({ path: '/created?other' });
    await w.line(/created\?other/);
    t.notRegex(w.log, /created\?probe/);
  });

  test(named('a caller that hangs up cancels the call in the process'), async (t) => {
    const w = await start(t, command, SERVER);
    const leaving = new AbortController();
    const call = w.call({ path: '/hang', signal: leaving.signal });
    const socketOpen = once(leaving.signal, 'abort');
    await w.call({ path: '/created' });
    leaving.abort();
    await socketOpen;
    await t.throwsAsync(call);
    await w.line(/GET \/hang - 499/);
  });
}
