import test from 'ava';
import { desiredReplicas, scaleLimits } from './desired-replicas.ts';

const limits = { min: 1, max: 20, factor: 20 };

test('a firing alert climbs by the factor, rounded up, as far as the maximum', (t) => {
  t.is(desiredReplicas('firing', 1, limits), 5);
  t.is(desiredReplicas('firing', 18, limits), 20);
  t.is(desiredReplicas('firing', 1, { min: 1, max: 5, factor: 10 }), 2);
});

test('a resolved alert returns to the minimum, and so does any when the factor is 0', (t) => {
  t.is(desiredReplicas('resolved', 7, limits), 1);
  t.is(desiredReplicas('firing', 7, { ...limits, factor: 0 }), 1);
});

test('limits come from the labels; those that cannot be read count as absent', (t) => {
  t.deepEqual(scaleLimits({}), limits);
  t.deepEqual(
    scaleLimits({
      'com.openfaas.scale.min': '2',
      'com.openfaas.scale.max': '4',
      'com.openfaas.scale.factor': '50',
    }),
    { min: 2, max: 4, factor: 50 },
  );
  t.deepEqual(scaleLimits({ 'com.openfaas.scale.min': '30', 'com.openfaas.scale.max': 'many' }), {
    min: 30,
    max: 30,
    factor: 20,
  });
});
