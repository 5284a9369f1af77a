import test from 'ava';
import { decide, NO_MEMORY, type Observed } from './decide.ts';
import type { LoadSample } from './load.ts';
import { scaleRules } from './scale-rules.ts';

const S = 'com.openfaas.scale';

/** A function whose load has been the same for two minutes. */
function decided(
  labels: Record<string, string>,
  load: Partial<Record<'rps' | 'inFlight' | 'cpu', number>>,
  given: Partial<Observed> = {},
) {
  const { rps = 0, inFlight = 0, cpu } = load;
  const samples: LoadSample[] = Array.from({ length: 121 }, (_, second) => ({
    at: second * 1000,
    started: rps * second,
    ended: rps * second,
    callSeconds: inFlight * second,
    inFlight,
    cpu,
  }));
  const replicas = given.replicas ?? given.ready ?? 1;
  return decide(scaleRules({ labels, annotations: {} }, 'labelled'), {
    now: 120_000,
    replicas,
    ready: replicas,
    samples,
    since: 0,
    lastActivity: 120_000,
    scheduled: undefined,
    minimumBefore: 1,
    alert: undefined,
    keepWarm: undefined,
    memory: NO_MEMORY,
    ...given,
  });
}

test("the contract's worked checks (2.6)", (t) => {
  const capacity = { [`${S}.type`]: 'capacity', [`${S}.target`]: '5', [`${S}.target-proportion`]: '1' };
  t.is(decided(capacity, { inFlight: 15 }).replicas, 3);
  t.is(decided(capacity, { inFlight: 25 }, { replicas: 3 }).replicas, 5);
  const rps = { [`${S}.type`]: 'rps', [`${S}.target`]: '100', [`${S}.target-proportion`]: '0.7' };
  t.is(decided(rps, { rps: 90 }).replicas, 2);
});

test('by default one replica has 50 calls per second, nine tenths of it aimed at', (t) => {
  const rps = { [`${S}.type`]: 'rps' };
  t.is(decided(rps, { rps: 45 }).replicas, 1);
  t.is(decided(rps, { rps: 46 }).replicas, 2);
  t.is(decided(rps, { rps: 46 }).reason, 'panic, 46 calls per second, 50 x 0.9 each, need 2');
});

test('a load of exactly so many targets needs exactly so many replicas, whatever binary fractions make of it', (t) => {
  for (let replicas = 1; replicas <= 15; replicas++)
    t.is(decided({ [`${S}.target`]: '10' }, { rps: 9 * replicas }, { replicas }).replicas, replicas);
});

test('millicores count as any other load', (t) => {
  t.is(decided({ [`${S}.type`]: 'cpu', [`${S}.target`]: '500' }, { cpu: 1000 }).replicas, 3);
});

test('nothing is decided by a CPU load that could not be read', (t) => {
  const { replicas, reason } = decided({ [`${S}.type`]: 'cpu' }, {}, { replicas: 4 });
  t.is(replicas, 4);
  t.regex(reason, /too little is known/);
});

test('the result is within minimum and maximum', (t) => {
  const labels = { [`${S}.target`]: '10', [`${S}.min`]: '2', [`${S}.max`]: '4' };
  t.is(decided(labels, { rps: 1000 }, { replicas: 2 }).replicas, 4);
  t.is(decided(labels, { rps: 0 }, { replicas: 3 }).replicas, 2);
  t.is(decided(labels, { rps: 1000 }, { replicas: 9 }).replicas, 4);
});

test('where minimum and maximum are equal nothing is decided, but to zero', (t) => {
  const labels = { [`${S}.target`]: '10', [`${S}.min`]: '2', [`${S}.max`]: '2', [`${S}.zero`]: 'true' };
  t.is(decided(labels, { rps: 1000 }, { replicas: 2 }).replicas, 2);
  t.is(decided(labels, {}, { replicas: 2, lastActivity: 120_000 - 15 * 60_000 }).replicas, 0);
});

test('a step up is no larger than its rate, nor one down', (t) => {
  const labels = { [`${S}.target`]: '10', 'com.dunlin.scale.up-rate': '3', [`${S}.max`]: '100' };
  t.is(decided(labels, { rps: 900 }, { replicas: 2 }).replicas, 6);
  t.is(decided(labels, { rps: 0 }, { replicas: 20 }).replicas, 10);
  t.is(decided({ ...labels, 'com.dunlin.scale.down-rate': '10' }, { rps: 0 }, { replicas: 20 }).replicas, 2);
});

test('the down window holds back a step down, not one up, and not to zero', (t) => {
  const labels = { [`${S}.target`]: '10', [`${S}.down.window`]: '2m', [`${S}.zero`]: 'true' };
  const memory = { ...NO_MEMORY, recommended: [{ at: 30_000, replicas: 7 }] };
  t.is(decided(labels, { rps: 18 }, { replicas: 9, memory }).replicas, 7);
  t.is(decided(labels, { rps: 90 }, { replicas: 9, memory }).replicas, 10);
  t.is(decided(labels, {}, { replicas: 9, memory, lastActivity: -1e9 }).replicas, 0);
  const old = { ...NO_MEMORY, recommended: [{ at: -1000, replicas: 7 }] };
  t.is(decided(labels, { rps: 18 }, { replicas: 4, memory: old }).replicas, 2);
});

test('there is no step down before a stable window was seen', (t) => {
  const { replicas, reason } = decided({ [`${S}.target`]: '10' }, { rps: 9 }, { replicas: 4, since: 100_000 });
  t.is(replicas, 4);
  t.regex(reason, /no step down before 60 s were seen/);
});

test('a function goes to zero after its zero-duration without a call, if it may, and stays there', (t) => {
  const labels = { [`${S}.zero`]: 'true', [`${S}.zero-duration`]: '30s' };
  t.is(decided(labels, {}, { lastActivity: 91_000 }).replicas, 1);
  t.is(decided(labels, {}, { lastActivity: 90_000 }).replicas, 0);
  t.is(decided({ [`${S}.zero-duration`]: '30s' }, {}, { lastActivity: 0 }).replicas, 1);
  t.is(decided(labels, {}, { replicas: 0 }).replicas, 0);
});

test("a schedule's minimum raises from zero, keeps from it, and gives way to a lower one", (t) => {
  const labels = { [`${S}.zero`]: 'true' };
  t.is(decided(labels, {}, { replicas: 0, scheduled: 3 }).replicas, 3);
  t.is(decided(labels, {}, { replicas: 3, scheduled: 3, lastActivity: -1e9 }).replicas, 3);
  t.is(decided(labels, {}, { replicas: 3, scheduled: 0, minimumBefore: 3 }).replicas, 1);
  t.is(decided(labels, {}, { replicas: 5, scheduled: 0, minimumBefore: 3 }).replicas, 5);
  t.is(decided(labels, {}, { replicas: 3, scheduled: 0, lastActivity: -1e9 }).replicas, 0);
});

test('a resolved alert goes on stepping down, each half a minute, where the label asks for it', (t) => {
  const labels = { 'com.dunlin.scale.resolved': 'step', [`${S}.max`]: '10' };
  const resolved = (at: number) => ({ alert: { status: 'resolved', at } as const });
  t.is(decided(labels, {}, { replicas: 7, ...resolved(90_000) }).replicas, 5);
  t.is(decided(labels, {}, { replicas: 7, ...resolved(91_000) }).replicas, 7);
  t.is(decided(labels, {}, { replicas: 2, ...resolved(0) }).replicas, 1);
  t.is(decided(labels, {}, { replicas: 7, alert: { status: 'firing', at: 0 } }).replicas, 7);
  t.is(decided({ [`${S}.max`]: '10' }, {}, { replicas: 7, ...resolved(0) }).replicas, 7);
});

test('what people scale by hand stays where neither load nor schedule decides', (t) => {
  t.is(decided({ [`${S}.min`]: '3' }, {}, { replicas: 2 }).replicas, 2);
  t.is(decided({ [`${S}.min`]: '3', [`${S}.type`]: 'rps' }, {}, { replicas: 2 }).replicas, 3);
});
