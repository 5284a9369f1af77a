import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { FaasError } from '../errors.ts';
import { sendProblem } from './send-problem.ts';
import { connectRaw } from './testing/raw-peer.ts';

/** All that a client receives for `request` when `answer` answers it; the request asks for the connection's end. */
async function received(t: ExecutionContext, answer: (res: ServerResponse) => void, method = 'GET'): Promise<string> {
  const server = createServer((_req, res) => answer(res)).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  await using client = await connectRaw({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  await client.write(`${method} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  return await client.untilEnd();
}

test('a failure becomes its problem, with who made it, its code and further members', async (t) => {
  const text = await received(t, (res) =>
    sendProblem(res, new FaasError('replica_crashed', 'It exited with 3.', { extra: { exitCode: 3 } }), {
      internal: 'gateway',
      headers: ['Retry-After', '1'],
      extra: { callId: 'c' },
    }),
  );
  const [head, body] = text.split('\r\n\r\n') as [string, string];
  t.regex(head, /^HTTP\/1\.1 502 Bad Gateway\r\nContent-Type: application\/problem\+json\r\n/);
  t.regex(head, /\r\nx-dunlin-error: replica_crashed\r\nx-openfaas-internal: gateway\r\nRetry-After: 1\r\n/);
  t.regex(head, new RegExp(`\r\nContent-Length: ${body.length}\r\n`));
  t.deepEqual(JSON.parse(body), {
    title: 'Replica crashed',
    status: 502,
    code: 'replica_crashed',
    detail: 'It exited with 3.',
    exitCode: 3,
    callId: 'c',
  });
});

test('an unknown error tells nothing of itself', async (t) => {
  const text = await received(t, (res) => sendProblem(res, new Error('secret path /x')));
  t.regex(text, /^HTTP\/1\.1 500 Internal Server Error\r\n/);
  t.false(text.includes('secret'));
});

test('HEAD gets the head alone', async (t) => {
  const text = await received(t, (res) => sendProblem(res, new FaasError('no_replica', 'None.')), 'HEAD');
  t.regex(text, /^HTTP\/1\.1 503 [\s\S]*\r\nContent-Length: \d+\r\n[\s\S]*\r\n\r\n$/);
});

test('once a head has been sent the connection is cut: a short body is seen as one', async (t) => {
  const text = await received(t, (res) => {
    res.writeHead(200, ['Content-Length', '10']);
    res.write('hello', () => sendProblem(res, new FaasError('replica_died', 'Gone.')));
  });
  t.regex(text, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nhello$/);
});
