import test from 'ava';
import { Upstream } from '../../common/http/upstream.ts';
import { chooseReplica } from './choose-replica.ts';
import { Replica } from './function-entry.ts';

function replica(id: string, inFlight = 0, quarantinedUntil = 0): Replica {
  return Object.assign(new Replica(id, new Upstream({ host: '127.0.0.1', port: 1 })), { inFlight, quarantinedUntil });
}
const choose = (replicas: readonly Replica[], avoid?: Replica, now = 0, maxInFlight = Infinity) =>
  chooseReplica([{ weight: 1, replicas }], maxInFlight, avoid, Math.random, () => now)?.id;

/** The ids that come up in many choices. */
const chosen = (replicas: readonly Replica[], avoid?: Replica, now = 0) =>
  [...new Set(Array.from({ length: 500 }, () => choose(replicas, avoid, now)))].sort();

test('there is no choice without replicas', (t) => {
  t.is(choose([]), undefined);
  t.is(chooseReplica([], Infinity, undefined, Math.random, Date.now), undefined);
});

test('of two replicas the one with fewer calls in flight is taken', (t) => {
  t.deepEqual(chosen([replica('a', 3), replica('b', 2)]), ['b']);
});

test('equal replicas share the calls', (t) => {
  t.deepEqual(chosen([replica('a'), replica('b'), replica('c')]), ['a', 'b', 'c']);
});

test('the most loaded of many is never taken', (t) => {
  t.deepEqual(chosen([replica('a', 9), replica('b'), replica('c')]), ['b', 'c']);
});

test('a quarantined replica is skipped while there are others, until its time is over', (t) => {
  t.deepEqual(chosen([replica('a', 0, 10), replica('b', 5), replica('c', 7)], undefined, 5).includes('a'), false);
  t.is(choose([replica('a', 0, 10)], undefined, 5), 'a');
  t.deepEqual(chosen([replica('a', 0, 10), replica('b', 5)], undefined, 10), ['a']);
});

test('the replica to avoid is never taken', (t) => {
  const [a, b, c] = [replica('a'), replica('b', 9), replica('c', 9)];
  t.is(choose([a], a), undefined);
  t.deepEqual(chosen([a, b], a), ['b']);
  t.false(chosen([a, b, c], a).includes('a'));
});

test('targets get calls by their weight, and none without replicas', (t) => {
  const targets = [
    { weight: 3, replicas: [replica('a')] },
    { weight: 1, replicas: [replica('b')] },
    { weight: 9, replicas: [] },
  ];
  const at = (random: number) => chooseReplica(targets, Infinity, undefined, () => random, Date.now)?.id;
  t.deepEqual([at(0), at(0.74), at(0.75), at(0.99)], ['a', 'a', 'b', 'b']);
});

test('a replica with as many calls as it may have gets no more, wherever it is picked', (t) => {
  const [full, free] = [replica('full', 2), replica('free', 1)];
  const limited = (replicas: readonly Replica[]) => choose(replicas, undefined, 0, 2);
  t.is(limited([full]), undefined);
  t.is(limited([free]), 'free');
  for (let i = 0; i < 50; i++) t.is(limited([full, full, full, free]), 'free');
  t.is(limited([full, full]), undefined);
});
