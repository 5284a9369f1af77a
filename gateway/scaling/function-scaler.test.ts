import test from 'ava';
import { FunctionScaler } from './function-scaler.ts';
import { scaleRules } from './scale-rules.ts';

const PREDICTED = {
  'com.openfaas.scale.zero': 'true',
  'com.openfaas.scale.zero-duration': '30s',
  'com.dunlin.scale.predict': 'on',
};

/** A function called for one second in each `periodSeconds`, as far as `seconds`; its replicas by the second. */
function periodic(labels: Record<string, string>, periodSeconds: number, seconds: number) {
  const scaler = new FunctionScaler(scaleRules({ labels, annotations: {} }, 'labelled'), 0);
  const replicas: number[] = [];
  const reasons = new Set<string>();
  let desired = 0;
  let started = 0;
  for (let second = 0; second < seconds; second++) {
    if (second % periodSeconds === 0) {
      started++;
      desired = Math.max(1, desired);
    }
    const at = second * 1000;
    scaler.observe({ at, started, ended: started, callSeconds: 0, inFlight: 0 }, { desired, ready: desired });
    const decision = scaler.decide(at, new Date(at));
    desired = decision.replicas;
    reasons.add(decision.reason);
    replicas.push(desired);
  }
  return { scaler, replicas, reasons: [...reasons] };
}

test('a function with a habit is started ahead of its call, and not kept for long after it', (t) => {
  const { scaler, replicas, reasons } = periodic(PREDICTED, 120, 1800);
  t.is(replicas[1799 - 1], 1, 'the call at 1,800 s is due');
  t.is(replicas[1680 + 40], 0);
  t.true(scaler.predicted!.warm >= 10);
  t.true(reasons.some((reason) => reason.startsWith('the next call is predicted between')));
});

test('in shadow it counts what the prediction would have done, and goes by the rule', (t) => {
  const { scaler, replicas } = periodic({ ...PREDICTED, 'com.dunlin.scale.predict': 'shadow' }, 120, 1800);
  t.is(replicas[1799 - 1], 0);
  t.true(scaler.predicted!.warm >= 10);
});

test('a call in flight is activity, however long ago it began', (t) => {
  const labels = { 'com.openfaas.scale.zero': 'true', 'com.openfaas.scale.zero-duration': '30s' };
  const scaler = new FunctionScaler(scaleRules({ labels, annotations: {} }, 'labelled'), 0);
  const look = (second: number, inFlight: number): number => {
    const at = second * 1000;
    scaler.observe({ at, started: 1, ended: 1 - inFlight, callSeconds: second, inFlight }, { desired: 1, ready: 1 });
    return scaler.decide(at, new Date(at)).replicas;
  };
  for (let second = 0; second <= 300; second++) t.is(look(second, 1), 1);
  t.is(look(329, 0), 1);
  t.is(look(330, 0), 0);
});

test('a gateway that begins to decide takes nothing away before it has seen enough', (t) => {
  const labels = { 'com.openfaas.scale.target': '10', 'com.openfaas.scale.zero': 'true' };
  const scaler = new FunctionScaler(scaleRules({ labels, annotations: {} }, 'labelled'), 0);
  const look = (second: number): number => {
    const at = second * 1000;
    scaler.observe({ at, started: 0, ended: 0, callSeconds: 0, inFlight: 0 }, { desired: 8, ready: 8 });
    return scaler.decide(at, new Date(at)).replicas;
  };
  for (let second = 0; second < 100; second++) look(second);
  t.is(look(100), 4);
  scaler.restart(101_000);
  t.is(look(102), 8);
  t.is(look(160), 8);
  t.is(look(161), 4);
});

test('new labels do not make it forget which alert fires, nor what it learnt', (t) => {
  const { scaler } = periodic(PREDICTED, 120, 1800);
  scaler.alerted('firing', 1_800_000);
  const labels = { ...PREDICTED, 'com.openfaas.scale.max': '3' };
  const next = new FunctionScaler(scaleRules({ labels, annotations: {} }, 'labelled'), 1_800_000, scaler);
  t.is(next.alert, scaler.alert);
  t.is(next.idleHistory, scaler.idleHistory);
  t.is(next.predicted, scaler.predicted);
});
