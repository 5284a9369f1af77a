import test from 'ava';
import { desiredReplicas } from './desired-replicas.ts';

const limits = { min: 1, max: 20, factor: 20, resolved: 'min' } as const;

test('a firing alert climbs by the factor, rounded up, as far as the maximum', (t) => {
  t.is(desiredReplicas('firing', 1, limits), 5);
  t.is(desiredReplicas('firing', 18, limits), 20);
  t.is(desiredReplicas('firing', 1, { ...limits, max: 5, factor: 10 }), 2);
});

test('a resolved alert returns to the minimum, and so does any when the factor is 0', (t) => {
  t.is(desiredReplicas('resolved', 7, limits), 1);
  t.is(desiredReplicas('firing', 7, { ...limits, factor: 0 }), 1);
});

test('a resolved alert steps down where the label asks for it', (t) => {
  t.is(desiredReplicas('resolved', 7, { ...limits, resolved: 'step' }), 3);
  t.is(desiredReplicas('resolved', 3, { ...limits, resolved: 'step' }), 1);
  t.is(desiredReplicas('resolved', 3, { ...limits, resolved: 'step', factor: 0 }), 1);
});

test('a resolved alert leaves a function that is at zero where it is', (t) => {
  t.is(desiredReplicas('resolved', 0, limits), 0);
});
