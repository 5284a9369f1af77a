import test from 'ava';
import { describeFunction } from './describe-function.ts';

const fn = {
  name: 'b',
  namespace: 'openfaas-fn',
  image: 'b:1',
  labels: {},
  annotations: {},
  createdAt: '2026-01-01T00:00:00Z',
  Status: 'Ready',
  URL: 'u',
  AsyncURL: 'a',
};

test('how a function scales is shown as the gateway reads its labels, with the last decision and its reason', (t) => {
  const described = describeFunction(
    {
      ...fn,
      scaling: {
        driver: 'autoscaler',
        min: 1,
        max: 10,
        type: 'capacity',
        target: 5,
        proportion: 0.9,
        load: 11,
        zeroAfterSeconds: 900,
        scheduled: { minimum: 3, next: '2026-01-01T18:00:00.000Z' },
        prediction: { mode: 'on', warm: 3, cold: 1, used: true },
        decision: { replicas: 3, reason: 'panic, need 3', at: '2026-01-01T10:00:00.000Z' },
        ignored: ['labels.com.openfaas.scale.factor must be ...'],
      },
    },
    false,
  );
  t.is(
    described.slice(described.indexOf('Scaling:')),
    `Scaling:
 By: autoscaler
 Replicas: 1 to 10
 Target: 5 capacity each, 90 % of it
 Load: 11 capacity
 To zero: after 900 s without a call
 Scheduled minimum: 3
 Next of the schedule: 2026-01-01T18:00:00.000Z
 Prediction: on, used, 3 of 4 calls after idling were foreseen
 Last decision: 3 replicas, panic, need 3 (since 2026-01-01T10:00:00.000Z)
 Ignored: labels.com.openfaas.scale.factor must be ...
`,
  );
});

test('of a function that does not scale by itself nothing is said of it', (t) => {
  t.false(describeFunction(fn, false).includes('Scaling'));
});
