import test from 'ava';
import { FunctionMetrics } from './function-metrics.ts';

test('what another process counts is added once, however often it reports', (t) => {
  const [total, worker] = [new FunctionMetrics(), new FunctionMetrics()];
  total.start(0);
  total.end(200, 0.02, 0);
  worker.start(0);
  worker.end(200, 0.02, 0);
  worker.received(50);
  worker.start(0);
  const first = worker.counts;
  total.add(first, undefined, 0);
  t.like(total, { started: 3, inFlight: 1, ended: 2 });
  worker.end(500, 2, 0);
  total.add(worker.counts, first, 0);
  t.like(total, { started: 3, inFlight: 0, ended: 3 });
  t.deepEqual(
    total.codes.map(({ code, seconds }) => [code, seconds.count, seconds.sum]),
    [
      [200, 2, 0.04],
      [500, 1, 2],
    ],
  );
  t.is(total.requestBytes?.count, 1);
});

test('calls in flight elsewhere are summed over time by the clock here', (t) => {
  const [total, worker] = [new FunctionMetrics(), new FunctionMetrics()];
  // Its clock began 5 s after this one.
  worker.start(1000);
  total.add(worker.counts, undefined, 5000);
  t.is(total.callSeconds(8000), 2);
});

test('a call that another process serves after all is none here', (t) => {
  const metrics = new FunctionMetrics();
  metrics.start(1000);
  metrics.takeBack(1000);
  t.like(metrics, { started: 0, inFlight: 0, ended: 0 });
  t.is(metrics.callSeconds(9000), 0);
});
