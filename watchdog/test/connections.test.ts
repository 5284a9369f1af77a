import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type Env, FUNCTIONS, RUNTIMES, Running, start, test } from './harness.ts';

const HTTP: Env = {
  mode: 'http',
  fprocess: `${process.execPath} ${join(FUNCTIONS, 'http-server.mjs')}`,
  upstream_url: 'unix:',
};

/** A connection by hand. */
class Wire {
  readonly socket: Socket;
  #text = '';
  #ended = false;
  #look = (): void => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1').on('error', () => {});
    socket.on('data', (text: string) => {
      this.#text += text;
      this.#look();
    });
    socket.once('close', () => {
      this.#ended = true;
      this.#look();
    });
  }

  write(text: string): void {
    this.socket.write(text);
  }

  /** Takes what came since the last time, once it matches, or once the other side has ended the connection. */
  received(pattern: RegExp | 'all'): Promise<string> {
    return new Promise((resolve) => {
      this.#look = () => {
        if (!this.#ended && (pattern === 'all' || !pattern.test(this.#text))) return;
        this.#look = () => {};
        resolve(this.#text);
        this.#text = '';
      };
      this.#look();
    });
  }
}

/** @param allowHalfOpen whether it can go on sending when the other side has ended; Node's default is not */
async function open(t: ExecutionContext, w: Running, allowHalfOpen = false): Promise<Wire> {
  const socket = connect({ port: await w.port(), host: '127.0.0.1', allowHalfOpen });
  t.teardown(() => socket.destroy());
  return new Wire(socket);
}

/** Makes a call that is answered with 200, and tells whether it went over a connection that an earlier one had used. */
async function reused(agent: Agent, port: number, bodyBytes = 0): Promise<boolean> {
  const method = bodyBytes === 0 ? 'GET' : 'POST';
  const req = request({ port, method, path: method === 'GET' ? '/_/health' : '/', agent }).end(Buffer.alloc(bodyBytes));
  const [answer] = (await once(req, 'response')) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`answered ${answer.statusCode}`);
  answer.resume();
  await once(answer, 'close');
  return req.reusedSocket;
}

for (const [runtime, command] of Object.entries(RUNTIMES)) {
  const named = (title: string): string => `connections, ${runtime}: ${title}`;

  test(
    named('neither read_timeout nor write_timeout cuts a long call, or closes an idle connection under the next'),
    async (t) => {
      const script = `sh -c 'while [ ! -e "$TMPDIR/go" ]; do sleep 0.02; done; cat'`;
      const env = { mode: 'serializing', fprocess: script, read_timeout: '1s', write_timeout: '1s' };
      const w = await start(t, command, env);
      const idle = new Agent({ keepAlive: true, maxSockets: 1 });
      t.teardown(() => idle.destroy());
      const port = await w.port();
      t.false(await reused(idle, port));
      const long = w.call({ method: 'POST', body: 'long' });
      // A request that stops half-way is the clock: it is cut by read_timeout, after which the others still hold.
      const slow = await open(t, w);
      slow.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhal');
      t.regex(await slow.received('all'), /^HTTP\/1\.1 408 /);
      writeFileSync(join(w.temp, 'go'), '');
      t.is((await long).body, 'long');
      t.true(await reused(idle, port));
    },
  );

  for (const [mode, env] of [
    ['fork', { fprocess: 'cat' }],
    ['http', HTTP],
  ] as const) {
    test(named(`${mode}: a client that expects 100 is told to go on, once, and answered`), async (t) => {
      const w = await start(t, command, env);
      const socket = await open(t, w);
      socket.write('POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n');
      t.is(await socket.received(/\r\n\r\n$/), 'HTTP/1.1 100 Continue\r\n\r\n');
      socket.write('hello');
      t.regex(await socket.received(/hello/), /^HTTP\/1\.1 200 OK\r\n/);
    });

    test(named(`${mode}: a client that expects 100 and is refused is not told to go on`), async (t) => {
      const w = await start(t, command, { ...env, max_inflight: '1' });
      const held = await open(t, w);
      held.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nx');
      while ((await w.call({ method: 'POST', path: '/created' })).status !== 429);
      const socket = await open(t, w);
      socket.write('POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n');
      t.regex(await socket.received(/\n$/), /^HTTP\/1\.1 429 /);
      held.socket.destroy();
    });
  }

  test(named('http: forty WebSockets at once each get back their own bytes, and leave nothing open'), async (t) => {
    const w = await start(t, command, { ...HTTP, max_inflight: '40' });
    const echo = async (id: number): Promise<void> => {
      const socket = await open(t, w);
      socket.write('GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      const head = await socket.received(/\r\n\r\n$/);
      t.regex(head, /^HTTP\/1\.1 101 /);
      const sent = `${id} `.repeat(20_000);
      for (let at = 0; at < sent.length; at += 7000) socket.write(sent.slice(at, at + 7000));
      socket.write('end');
      t.true((await socket.received(/end$/)) === `${sent}end`, `connection ${id}`);
      socket.socket.end();
      await socket.received('all');
    };
    await Promise.all(Array.from({ length: 40 }, (_, id) => echo(id)));
    await w.line(/(?:[^\n]*GET \/ws - 101 Switching Protocols - ContentLength: 0B[^\n]*\n){40}/);
    t.is((await w.call({ method: 'POST', body: 'free again' })).body, 'free again');
  });

  for (const mode of ['fork', 'serializing', 'streaming'])
    test(
      named(`${mode}: with stop_on_disconnect=false a process outlives its caller, and ends its work`),
      async (t) => {
        const script = `sh -c 'echo $$ >&2; while [ ! -e "$TMPDIR/go" ]; do sleep 0.02; done; cat; echo done >"$TMPDIR/done"'`;
        const w = await start(t, command, {
          mode,
          fprocess: script,
          combine_output: 'false',
          stop_on_disconnect: 'false',
          max_inflight: '1',
        });
        const leaving = new AbortController();
        const call = w.call({ method: 'POST', body: 'whole', signal: leaving.signal });
        const [, pid] = await w.line(/stderr: (\d+)\n/);
        leaving.abort();
        await t.throwsAsync(call);
        // A connection that came later is answered after the watchdog has seen the other one's end.
        t.is((await w.call()).status, 429, 'its place is taken until it ends');
        t.true(w.processes().includes(Number(pid)));
        writeFileSync(join(w.temp, 'go'), '');
        while ((await w.call()).status === 429);
        t.true(existsSync(join(w.temp, 'done')));
        t.deepEqual(await w.left(), []);
      },
    );

  test(named('http: nothing is added to a request that the client did not send, nor taken from it'), async (t) => {
    const w = await start(t, command, HTTP);
    const seen = async (head: string): Promise<{ url: string; headers: Record<string, string> }> => {
      const socket = await open(t, w);
      socket.write(head);
      return JSON.parse((await socket.received(/\}\}$/)).split('\r\n\r\n')[1]!);
    };
    const bare = await seen('GET /echo-head?a HTTP/1.1\r\nHost: me.test\r\n\r\n');
    t.deepEqual(Object.keys(bare.headers), ['host']);
    const empty = await seen('POST /echo-head HTTP/1.1\r\nHost: me.test\r\nContent-Length: 0\r\n\r\n');
    t.like(empty.headers, { 'content-length': '0', 'transfer-encoding': undefined });
    const absolute = await seen('GET http://other.test/echo-head?b HTTP/1.1\r\nHost: me.test\r\n\r\n');
    t.is(absolute.url, '/echo-head?b');
  });

  test(named('http: server-sent events of a process that is gone are a 502'), async (t) => {
    const w = await start(t, command, HTTP);
    const answer = await w.call({ path: '/exit', headers: { Accept: 'text/event-stream' } });
    t.is(answer.status, 502);
    t.is((await w.exited).code, 4);
  });

  test(named('http: a process that never listens is a 504 that says so'), async (t) => {
    const w = new Running(t, command, { ...HTTP, fprocess: 'sleep 60', exec_timeout: '200ms' });
    const answer = await w.call();
    t.is(answer.status, 504);
    t.is(answer.headers['x-openfaas-internal'], 'of-watchdog');
    t.regex(answer.body, /did not get ready within 0\.2s/);
  });

  test(named('http: with exec_timeout=0 such a call ends after ready_timeout'), async (t) => {
    const env = { ...HTTP, fprocess: 'sleep 60', exec_timeout: '0', ready_timeout: '200ms' };
    const w = new Running(t, command, env);
    const answer = await w.call();
    t.is(answer.status, 503);
    t.is(answer.headers['x-dunlin-error'], 'no_replica');
    t.regex(answer.body, /did not get ready within 0\.2s \(ready_timeout\)/);
    t.is((await w.call({ path: '/_/ready' })).status, 503);
  });

  for (const mode of ['fork', 'serializing', 'streaming'])
    test(named(`${mode}: an answer is not lost to a client that closes after it and is still sending`), async (t) => {
      const w = await start(t, command, { mode, fprocess: `sh -c 'echo ran >&2; echo fine'`, combine_output: 'false' });
      const wire = await open(t, w, true);
      const failures: Error[] = [];
      wire.socket.on('error', (error) => failures.push(error));
      wire.write('POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3000000\r\n\r\n');
      wire.socket.write(Buffer.alloc(2_000_000));
      await w.line(/stderr: ran\n/);
      t.deepEqual(await w.left(), []);
      // Two pieces, so that a connection which is closed already fails the second.
      for (const bytes of [500_000, 500_000])
        await new Promise<void>((resolve) => wire.socket.write(Buffer.alloc(bytes), () => resolve()));
      wire.socket.end();
      t.regex(await wire.received('all'), /^HTTP\/1\.1 200 OK\r\n(?:.|\r\n)*fine\n/);
      t.deepEqual(failures, []);
    });

  for (const mode of ['fork', 'serializing', 'streaming'])
    test(named(`${mode}: the answer of a process that reads no input does not wait for the rest of it`), async (t) => {
      const w = await start(t, command, { mode, fprocess: 'echo fine' });
      const wire = await open(t, w);
      wire.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n');
      wire.socket.write(Buffer.alloc(2_000_000));
      t.regex(await wire.received(/fine\n/), /^HTTP\/1\.1 200 OK\r\n/);
      wire.socket.write(Buffer.alloc(1_000_000));
      wire.write('GET /2 HTTP/1.1\r\nHost: x\r\n\r\n');
      t.regex(await wire.received(/fine\n/), /HTTP\/1\.1 200 OK\r\n/);
    });

  test(named('a connection is kept over many calls, also one whose body nobody read'), async (t) => {
    const w = await start(t, command, { fprocess: 'true' });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.teardown(() => agent.destroy());
    const port = await w.port();
    t.false(await reused(agent, port));
    for (const size of [10, 300_000, 0]) t.true(await reused(agent, port, size), `${size} bytes`);
  });
}
