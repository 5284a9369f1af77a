import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { AnswerFraming, AnswerHead } from './answer-head.ts';
import { kept } from './read-buffer.ts';
import { RawServer } from './testing/raw-peer.ts';
import { type AnswerHandler, type OutgoingRequest, Upstream } from './upstream.ts';
import type { UpstreamError } from './upstream-error.ts';

const GET: OutgoingRequest = { method: 'GET', target: '/', headers: ['Host', 'x'], body: 'none' };
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Collects an answer; `done` resolves with it, or with the error. */
class Collector implements AnswerHandler {
  status = 0;
  framing: AnswerFraming | undefined = undefined;
  headers: string[] = [];
  readonly chunks: Buffer[] = [];
  drains = 0;
  readonly #done = Promise.withResolvers<string | UpstreamError>();
  readonly done = this.#done.promise;

  onDrain(): void {
    this.drains++;
  }
  onHead({ status, fields, framing }: AnswerHead): void {
    this.status = status;
    this.headers = fields.flat();
    this.framing = framing;
  }
  onData(chunk: Buffer): boolean {
    this.chunks.push(kept(chunk));
    return true;
  }
  onEnd(): void {
    this.#done.resolve(Buffer.concat(this.chunks).toString('latin1'));
  }
  onError(error: UpstreamError): void {
    this.#done.resolve(error);
  }
}

function call(upstream: Upstream, request = GET): Collector {
  const collector = new Collector();
  upstream.send(request, collector);
  return collector;
}

test('calls are counted until their answer is whole', async (t) => {
  await using server = await RawServer.listen();
  const upstream = new Upstream(server.address);
  t.teardown(() => upstream.destroy());
  const [a, b] = [call(upstream), call(upstream)];
  t.is(upstream.inFlight, 2);
  await (await server.acceptRequest()).write(OK);
  await Promise.race([a.done, b.done]);
  t.is(upstream.inFlight, 1);
  await (await server.acceptRequest()).write(OK);
  t.deepEqual(await Promise.all([a.done, b.done]), ['ok', 'ok']);
  t.deepEqual([upstream.inFlight, upstream.idleSockets], [0, 2]);
});

test('a call whose head cannot be written any more ends with an error', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'dunlin-upstream-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const server = createServer();
  t.teardown(() => server.close());
  await once(server.listen(join(folder, 'sock')), 'listening');
  const upstream = new Upstream({ path: join(folder, 'sock') });
  t.teardown(() => upstream.destroy());
  const first = call(upstream);
  const [socket] = (await once(server, 'connection')) as [Socket];
  await once(socket, 'data');
  socket.write(OK);
  t.is(await first.done, 'ok');
  // Nobody has heard of this end when the next call is sent.
  socket.destroy();
  const error = await call(upstream).done;
  t.like(error, { kind: 'reset_before_head', reused: true });
});

test('chunks are the handler’s own: later reads do not change them', async (t) => {
  await using server = await RawServer.listen();
  const upstream = new Upstream(server.address);
  t.teardown(() => upstream.destroy());
  const first = call(upstream);
  const peer = await server.acceptRequest();
  await peer.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nAAAAA');
  await peer.write('BBBBB');
  t.is(await first.done, 'AAAAABBBBB');
  const second = call(upstream);
  await peer.until(/\r\n\r\n[\s\S]*\r\n\r\n/);
  await peer.write(OK);
  await second.done;
  t.is(Buffer.concat(first.chunks).toString(), 'AAAAABBBBB');
});

test('close ends idle connections at once and busy ones with their call', async (t) => {
  await using server = await RawServer.listen();
  const upstream = new Upstream(server.address);
  const idle = call(upstream);
  const busy = call(upstream);
  const peers = [await server.acceptRequest(), await server.acceptRequest()];
  await peers[0]!.write(OK);
  await Promise.race([idle.done, busy.done]);
  upstream.close();
  upstream.close();
  await peers[0]!.untilEnd();
  t.false(peers[1]!.ended);
  await peers[1]!.write(OK);
  t.deepEqual(await Promise.all([idle.done, busy.done]), ['ok', 'ok']);
  await peers[1]!.untilEnd();
  const late = (await call(upstream).done) as UpstreamError;
  t.is(late.kind, 'connect');
  t.regex(late.message, /being stopped/);
  t.deepEqual([upstream.inFlight, upstream.idleSockets], [0, 0]);
});

test('destroy ends calls in flight with an error, those that connect too', async (t) => {
  await using server = await RawServer.listen();
  const upstream = new Upstream(server.address);
  const sent = call(upstream);
  const peer = await server.acceptRequest();
  const begun = call(upstream);
  await (await server.acceptRequest()).write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel');
  while (begun.status === 0) await new Promise((resolve) => setImmediate(resolve));
  const connecting = call(upstream);
  upstream.destroy();
  upstream.destroy();
  const kinds = await Promise.all(
    [sent, begun, connecting].map(async (one) => ((await one.done) as UpstreamError).kind),
  );
  t.deepEqual(kinds, ['reset_before_head', 'cut', 'connect']);
  await peer.untilEnd();
  t.is(upstream.inFlight, 0);
});

test('no more than the given number of idle connections is kept', async (t) => {
  await using server = await RawServer.listen();
  const upstream = new Upstream(server.address, { maxIdleSockets: 1 });
  t.teardown(() => upstream.destroy());
  const calls = [call(upstream), call(upstream), call(upstream)];
  for (const _ of calls) await (await server.acceptRequest()).write(OK);
  await Promise.all(calls.map((one) => one.done));
  t.is(upstream.idleSockets, 1);
  let ended = 0;
  await new Promise<void>((resolve) => {
    for (const peer of server.peers)
      void peer.untilEnd().then(() => {
        if (++ended === 2) resolve();
      });
  });
  t.is(server.peers.filter((peer) => !peer.ended).length, 1);
});

test('a destroyed call ends its connection and says nothing', async (t) => {
  await using server = await RawServer.listen();
  const upstream = new Upstream(server.address);
  t.teardown(() => upstream.destroy());
  const collector = new Collector();
  const sent = upstream.send(GET, collector);
  const peer = await server.acceptRequest();
  sent.destroy();
  sent.destroy();
  await peer.untilEnd();
  t.is(upstream.inFlight, 0);
  t.is(collector.status, 0);
});

test('a handle of a call that has ended does nothing to the call that has its connection now', async (t) => {
  await using server = await RawServer.listen();
  const upstream = new Upstream(server.address);
  t.teardown(() => upstream.destroy());
  const first = new Collector();
  const ended = upstream.send(GET, first);
  const peer = await server.acceptRequest();
  await peer.write(OK);
  await first.done;
  const second = call(upstream, { ...GET, target: '/second' });
  ended.write(Buffer.from('smuggled'));
  ended.end();
  ended.pause();
  ended.destroy();
  await peer.until('/second');
  t.false(peer.received.includes('smuggled'));
  await peer.write(OK);
  t.is(await second.done, 'ok');
});

test('a paused call reads no further until it is resumed, and then to its end', async (t) => {
  await using server = await RawServer.listen();
  const upstream = new Upstream(server.address);
  t.teardown(() => upstream.destroy());
  const collector = new Collector();
  let pausing = true;
  const resumed = Promise.withResolvers<void>();
  collector.onData = (chunk) => {
    collector.chunks.push(chunk);
    if (pausing) resumed.resolve();
    return !pausing;
  };
  const sent = upstream.send(GET, collector);
  const peer = await server.acceptRequest();
  await peer.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
  await resumed.promise;
  await peer.write('world');
  const before = Buffer.concat(collector.chunks).toString();
  pausing = false;
  sent.resume();
  t.is(before, 'hello');
  t.is(await collector.done, 'helloworld');
  t.is(upstream.idleSockets, 1);
});

for (const request of [
  { ...GET, target: '/a b' },
  { ...GET, target: '/a\r\nX: y' },
  { ...GET, target: '' },
  { ...GET, method: 'GET /' },
  { ...GET, headers: ['Host', 'x', 'X-A', 'a\r\nX-B: b'] },
  { ...GET, headers: ['Host', 'x', 'X A', 'a'] },
  { ...GET, headers: ['Host', 'x', 'X-A', '\u0394'] },
])
  test(`a request that is not one line each is refused: ${JSON.stringify(request)}`, async (t) => {
    await using server = await RawServer.listen();
    const upstream = new Upstream(server.address);
    t.teardown(() => upstream.destroy());
    t.throws(() => upstream.send(request, new Collector()), { instanceOf: TypeError });
    t.is(upstream.inFlight, 0);
  });

test('framing headers in the list are left out: the upstream writes its own', async (t) => {
  await using server = await RawServer.listen();
  const upstream = new Upstream(server.address);
  t.teardown(() => upstream.destroy());
  const headers = [
    'Host',
    'x',
    'content-length',
    '99',
    'Transfer-Encoding',
    'gzip',
    'Connection',
    'close',
    'Trailer',
    'T',
  ];
  const sent = upstream.send({ ...GET, headers, body: { length: 2 } }, new Collector());
  sent.write(Buffer.from('hi'));
  t.throws(() => sent.write(Buffer.from('!')), { instanceOf: RangeError });
  const peer = await server.accept();
  t.is(await peer.until('hi'), 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi');
});

test('a body shorter than its length cannot be ended', async (t) => {
  await using server = await RawServer.listen();
  const upstream = new Upstream(server.address);
  t.teardown(() => upstream.destroy());
  const sent = upstream.send({ ...GET, body: { length: 3 } }, new Collector());
  await server.accept();
  t.throws(() => sent.end(), { instanceOf: RangeError });
});
