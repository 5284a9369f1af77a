import test from 'ava';
import { callRules, checkCallRules } from './call-rules.ts';

test('without labels a function is for everybody, without a limit of its own', (t) => {
  t.deepEqual(callRules({}), { needsToken: false, maxInFlight: Infinity, timeoutMs: undefined });
});

test('labels are read', (t) => {
  const labels = { 'com.dunlin.auth': 'required', 'com.dunlin.max-inflight': '3', 'com.dunlin.timeout': '1m30s' };
  t.notThrows(() => checkCallRules(labels));
  t.deepEqual(callRules(labels), { needsToken: true, maxInFlight: 3, timeoutMs: 90_000 });
  t.is(callRules({ 'com.dunlin.timeout': '0' }).timeoutMs, 0);
  t.false(callRules({ 'com.dunlin.auth': 'none' }).needsToken);
});

for (const [label, value] of [
  ['com.dunlin.auth', 'Required'],
  ['com.dunlin.max-inflight', '0'],
  ['com.dunlin.max-inflight', '1.5'],
  ['com.dunlin.timeout', 'soon'],
] as const)
  test(`the label ${label}=${value} is refused by name, rule and value`, (t) => {
    const error = t.throws(() => checkCallRules({ [label]: value }), { code: 'invalid_request' });
    t.true(error.message.startsWith(`labels.${label} must be `));
    t.true(error.message.endsWith(`got "${value}"`));
  });

test('a function whose auth label cannot be read is closed, not open', (t) => {
  t.true(callRules({ 'com.dunlin.auth': 'Required' }).needsToken);
});
