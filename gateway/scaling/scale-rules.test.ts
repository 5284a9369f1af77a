import test from 'ava';
import { checkScaleRules, scaleRules } from './scale-rules.ts';

const spec = (labels: Record<string, string>, annotations = {}) => ({ labels, annotations });

test("without labels a function has OpenFaaS's defaults, and alerts drive it", (t) => {
  t.like(scaleRules(spec({}), 'labelled'), {
    driver: 'alerts',
    min: 1,
    max: 20,
    factor: 20,
    type: 'rps',
    target: 50,
    proportion: 0.9,
    zero: false,
    zeroDurationMs: 900_000,
    downWindowMs: 0,
    stableWindowMs: 60_000,
    panicWindowMs: 6000,
  });
});

test('a type or a target makes the autoscaler drive, unless it is off', (t) => {
  const labels = { 'com.openfaas.scale.target': '10' };
  t.is(scaleRules(spec(labels), 'labelled').driver, 'autoscaler');
  t.is(scaleRules(spec({ 'com.openfaas.scale.type': 'cpu' }), 'labelled').driver, 'autoscaler');
  t.is(scaleRules(spec(labels), 'off').driver, 'alerts');
  t.is(scaleRules(spec({}), 'all').driver, 'autoscaler');
});

test('a minimum above the usual maximum raises that', (t) => {
  t.like(scaleRules(spec({ 'com.openfaas.scale.min': '30' }), 'labelled'), { min: 30, max: 30 });
  t.notThrows(() => checkScaleRules(spec({ 'com.openfaas.scale.min': '30' })));
});

for (const [what, labels, message] of [
  ['a minimum that is no number', { 'com.openfaas.scale.min': 'many' }, 'a whole number, 0 or more, got "many"'],
  ['a negative minimum', { 'com.openfaas.scale.min': '-1' }, 'a whole number, 0 or more, got "-1"'],
  ['a fraction of a replica', { 'com.openfaas.scale.max': '1.5' }, 'a whole number, 1 or more, got "1.5"'],
  ['a maximum of 0', { 'com.openfaas.scale.max': '0' }, 'a whole number, 1 or more, got "0"'],
  [
    'a minimum above the maximum',
    { 'com.openfaas.scale.max': '2', 'com.openfaas.scale.min': '3' },
    '3 or more, which is com.openfaas.scale.min, got "2"',
  ],
  ['a factor above 100', { 'com.openfaas.scale.factor': '101' }, 'a whole number from 0 to 100, got "101"'],
  ['an unknown type', { 'com.openfaas.scale.type': 'queue' }, 'one of rps, capacity, cpu, got "queue"'],
  ['a negative target', { 'com.openfaas.scale.target': '-5' }, 'a number above 0, got "-5"'],
  ['a target of 0', { 'com.openfaas.scale.target': '0' }, 'a number above 0, got "0"'],
  ['a target in exponents', { 'com.openfaas.scale.target': '1e9' }, 'a number above 0, got "1e9"'],
  [
    'a proportion above 1',
    { 'com.openfaas.scale.target-proportion': '90' },
    'a number above 0 and at most 1, got "90"',
  ],
  ['zero that is neither true nor false', { 'com.openfaas.scale.zero': 'yes' }, '"true" or "false", got "yes"'],
  [
    'a down window above five minutes',
    { 'com.openfaas.scale.down.window': '6m' },
    'a duration from 0s to 5m, such as "90s" or "5m", got "6m"',
  ],
  [
    'a zero-duration that is none',
    { 'com.openfaas.scale.zero-duration': 'soon' },
    'a duration from 1s to 720h, such as "90s" or "5m", got "soon"',
  ],
  [
    'a panic window longer than the stable one',
    { 'com.dunlin.scale.panic-window': '2m' },
    'no longer than the stable window, got "2m"',
  ],
  ['an unknown answer to a resolved alert', { 'com.dunlin.scale.resolved': 'max' }, 'one of min, step, got "max"'],
  [
    'a time zone that there is not',
    { 'com.dunlin.scale.timezone': 'Mars/Base' },
    'a time zone such as "Europe/Berlin" or "UTC", got "Mars/Base"',
  ],
  [
    'prediction of a function that never goes to zero',
    { 'com.dunlin.scale.predict': 'on' },
    'off unless com.openfaas.scale.zero is true, got "on"',
  ],
] as const)
  test(`${what} is refused at deployment by a message with label, rule and value, and counts as absent later`, (t) => {
    const [label] = Object.keys(labels);
    const expected = `labels.${label} must be ${message}`;
    t.throws(() => checkScaleRules(spec(labels)), { code: 'invalid_request', message: expected });
    t.deepEqual(scaleRules(spec(labels), 'labelled').ignored, [expected]);
  });

for (const schedule of ['0 8 * * *', '0 8 * * * = many', '61 8 * * * = 1', '0 8 * * * = 21', '* * * * * * = 1', ''])
  test(`the schedule "${schedule}" is refused`, (t) => {
    const labels = { 'com.dunlin.scale.schedule': schedule };
    const { message } = t.throws(() => checkScaleRules(spec(labels)), { code: 'invalid_request' });
    t.regex(message, /^labels\.com\.dunlin\.scale\.schedule must be lines of "CRON = REPLICAS"/);
    t.true(message.endsWith(`got "${schedule}"`));
  });

test('a schedule may stand in an annotation, for Kubernetes labels cannot hold one', (t) => {
  const { schedule } = scaleRules(spec({}, { 'com.dunlin.scale.schedule': '0 8 * * * = 3' }), 'labelled');
  t.is(schedule?.minimum(new Date('2026-03-02T09:00:00Z')), 3);
});
