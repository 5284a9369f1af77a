import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { type FunctionReport, Peers } from './peers.ts';

const KEY = 'echo.openfaas-fn';
const counts = (started: number, inFlight = 0): FunctionReport => ({
  started,
  ended: started - inFlight,
  callSeconds: started / 10,
  inFlight,
});

/** A gateway's metrics port as another one sees it. */
async function gateway(t: ExecutionContext, name: string) {
  const peer = { name, functions: {} as Record<string, FunctionReport>, address: '', close: () => {} };
  const server = createServer((_req, res) => {
    res.end(JSON.stringify({ gateway: peer.name, functions: peer.functions }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  peer.close = () => {
    server.close();
    server.closeAllConnections();
  };
  t.teardown(peer.close);
  peer.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return peer;
}

function asking(names: string, clock = { now: 0 }) {
  const warned: string[] = [];
  const peers = new Peers({
    names,
    port: 1,
    self: 'me',
    now: () => clock.now,
    log: { warn: (_fields, message) => warned.push(message) },
  });
  return { peers, clock, warned, ask: () => peers.ask(AbortSignal.timeout(10_000)) };
}

test('the counts of all others are summed, from when they were first asked, and never its own', async (t) => {
  const [a, b, me] = [await gateway(t, 'a'), await gateway(t, 'b'), await gateway(t, 'me')];
  const { peers, ask } = asking(`${a.address}, ${b.address}, ${me.address}`);
  for (const peer of [a, b, me]) peer.functions = { [KEY]: counts(100, 2) };
  await ask();
  t.deepEqual(peers.counts(KEY), { started: 0, ended: 0, callSeconds: 0, inFlight: 4 });
  a.functions = { [KEY]: counts(110) };
  b.functions = { [KEY]: counts(105, 1) };
  me.functions = { [KEY]: counts(1000) };
  await ask();
  t.like(peers.counts(KEY), { started: 15, ended: 18, inFlight: 1 });
});

test('a function that was deployed anew does not take back what was counted of it', async (t) => {
  const a = await gateway(t, 'a');
  const { peers, ask } = asking(a.address);
  a.functions = { [KEY]: counts(100) };
  await ask();
  a.functions = { [KEY]: counts(120) };
  await ask();
  a.functions = { [KEY]: counts(7) };
  await ask();
  t.is(peers.counts(KEY).started, 27);
});

test('a call that is taken back, because another process serves it, makes nothing new of what was known', async (t) => {
  const a = await gateway(t, 'a');
  const { peers, ask } = asking(a.address);
  a.functions = { [KEY]: { ...counts(100), started: 101 } };
  await ask();
  a.functions = { [KEY]: counts(100) };
  await ask();
  t.is(peers.counts(KEY).started, 0);
});

test('the first call of a function at a gateway that was asked before counts', async (t) => {
  const a = await gateway(t, 'a');
  const { peers, ask } = asking(a.address);
  await ask();
  a.functions = { [KEY]: counts(3) };
  await ask();
  t.is(peers.counts(KEY).started, 3);
});

test('calls in flight at a gateway that is gone are forgotten after a while, and it is said once', async (t) => {
  const a = await gateway(t, 'a');
  const { peers, ask, clock, warned } = asking(a.address);
  a.functions = { [KEY]: counts(10, 4) };
  await ask();
  a.close();
  clock.now = 3000;
  await ask();
  t.is(peers.counts(KEY).inFlight, 4);
  clock.now = 6000;
  await ask();
  t.is(peers.counts(KEY).inFlight, 0);
  t.is(warned.length, 1);
});

test('the youngest alert counts, whichever gateway was told it', async (t) => {
  const [a, b] = [await gateway(t, 'a'), await gateway(t, 'b')];
  const { peers, ask, clock } = asking(`${a.address},${b.address}`);
  clock.now = 100_000;
  a.functions = { [KEY]: { ...counts(1), alert: { status: 'firing', ageMs: 30_000 } } };
  b.functions = { [KEY]: { ...counts(1), alert: { status: 'resolved', ageMs: 5000 } } };
  await ask();
  t.deepEqual(peers.alert(KEY), { status: 'resolved', at: 95_000 });
});
