import test from 'ava';
import { crowd } from './lib/crowd.ts';
import { startBenchGateway } from './lib/gateway-process.ts';
import { underFire } from './lib/under-fire.ts';

test('hostile requests get nothing past the gateway and do not end it', async (t) => {
  const seed = Math.floor(Math.random() * 1e6);
  const log = (line: string): void => t.log(`seed ${seed}: ${line}`);
  const { requests, rssMb, ...wrong } = await underFire({
    runtime: process.execPath,
    front: 'gateway',
    requests: 1000,
    seed,
    log,
  });
  t.deepEqual(wrong, { smuggled: 0, crashes: 0, unanswered: 0 });
  t.true(requests >= 1000);
});

test('idle and slow connections do not stop calls', async (t) => {
  const answering = await startBenchGateway(1, 0);
  t.teardown(() => answering.stop());
  const { failed } = await crowd(answering, { idle: 400, slow: 100, calls: 100, path: '/healthz' });
  t.is(failed, 0);
});
