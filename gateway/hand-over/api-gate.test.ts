import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { ApiGate } from './api-gate.ts';

/** A server behind a gate; `entered` has the requests that got through, for the test to answer. */
async function gated(t: ExecutionContext) {
  const entered: ServerResponse[] = [];
  const seen = Promise.withResolvers<void>();
  const gate = new ApiGate((_req, res) => {
    entered.push(res);
    seen.resolve();
  });
  let received = Promise.withResolvers<void>();
  const server = createServer((req, res) => {
    gate.enter(req, res);
    received.resolve();
    received = Promise.withResolvers();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close().closeAllConnections());
  const send = async (method: string) => {
    const arrived = received.promise;
    const answer = fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { method });
    await arrived;
    return answer;
  };
  return { gate, entered, send, arrived: () => received.promise };
}

test('while held, reads go through and changes wait until it is released', async (t) => {
  const { gate, entered, send, arrived } = await gated(t);
  await gate.hold(1000);
  let arrival = arrived();
  const change = send('POST');
  await arrival;
  t.is(entered.length, 0);
  arrival = arrived();
  const read = send('GET');
  await arrival;
  t.is(entered.length, 1);
  entered[0]!.end();
  t.is((await read).status, 200);
  gate.release();
  t.is(entered.length, 2);
  entered[1]!.end();
  t.is((await change).status, 200);
});

test('holding waits for a change under way, and gives up when that takes too long', async (t) => {
  const { gate, entered, send, arrived } = await gated(t);
  const arrival = arrived();
  const change = send('PUT');
  await arrival;
  await t.throwsAsync(gate.hold(10), { message: 'PUT / is still under way after 0.01 s; try again' });
  const held = gate.hold(60_000);
  entered[0]!.end();
  await held;
  t.is((await change).status, 200);
});
