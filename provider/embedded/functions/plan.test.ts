import test from 'ava';
import { type PlannedReplica, planReplicas } from './plan.ts';

let order = 0;
const replica = (id: string, current: boolean, ready: boolean): PlannedReplica => ({
  id,
  current,
  ready,
  order: ++order,
});
const fresh = (id: string, ready = true) => replica(id, true, ready);
const old = (id: string, ready = true) => replica(id, false, ready);

test('starts what is missing', (t) => {
  t.deepEqual(planReplicas(3, [fresh('a')]), { start: 2, stop: [] });
});

test('only so many are being started at once; the next follow as these are ready', (t) => {
  t.deepEqual(planReplicas(100_000, [], 2), { start: 2, stop: [] });
  t.deepEqual(planReplicas(100_000, [fresh('a'), fresh('b', false)], 2), { start: 1, stop: [] });
  t.deepEqual(planReplicas(100_000, [fresh('a', false), fresh('b', false), fresh('c', false)], 2), {
    start: 0,
    stop: [],
  });
});

test('of too many, one that is not ready leaves first, then the youngest', (t) => {
  const replicas = [fresh('first'), fresh('second'), fresh('starting', false), fresh('third')];
  t.deepEqual(planReplicas(2, replicas), { start: 0, stop: ['starting', 'third'] });
});

test('zero stops all, of whatever revision', (t) => {
  t.deepEqual(planReplicas(0, [fresh('a'), old('b')]), { start: 0, stop: ['a', 'b'] });
});

test('rolling: one new is started first and no old one is stopped for it', (t) => {
  t.deepEqual(planReplicas(1, [old('a')]), { start: 1, stop: [] });
  t.deepEqual(planReplicas(1, [old('a'), fresh('b', false)]), { start: 0, stop: [] });
  t.deepEqual(planReplicas(1, [old('a'), fresh('b')]), { start: 0, stop: ['a'] });
});

test('rolling: an old replica that is not ready serves nobody and leaves at once', (t) => {
  t.deepEqual(planReplicas(1, [old('a', false)]), { start: 1, stop: ['a'] });
});

test('rolling from 8: a quarter more run meanwhile, and never fewer than 8 serve', (t) => {
  let running: PlannedReplica[] = Array.from({ length: 8 }, (_, n) => old(`old${n}`));
  for (let step = 0; running.some(({ current }) => !current); step++) {
    t.true(step < 20);
    const { start, stop } = planReplicas(8, running);
    running = running.filter(({ id }) => !stop.includes(id));
    t.true(running.filter(({ ready }) => ready).length >= 8);
    running.push(...Array.from({ length: start }, (_, n) => fresh(`new${step}.${n}`, false)));
    t.true(running.length <= 10);
    running = running.map((each) => ({ ...each, ready: true }));
  }
  t.deepEqual(planReplicas(8, running), { start: 0, stop: [] });
});
