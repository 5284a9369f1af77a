import test from 'ava';
import { bytes, ConfigError, count, duration, flag, oneOf, port, readConfig } from './config.ts';

const schema = {
  mode: oneOf('mode', ['fork', 'http'], 'fork', 'How.'),
  timeoutMs: duration(['exec_timeout', 'timeout'], '0', 'How long.'),
  inflight: count('max_inflight', '0', 'How many.'),
  port: port('port', '8080', 'Where.'),
  debug: flag('debug', 'false', 'Whether.'),
  limitBytes: bytes('limit', '10Mi', 'How much.'),
};

test('unset and empty variables take the default', (t) => {
  t.deepEqual(readConfig(schema, { mode: '', port: undefined }), {
    mode: 'fork',
    timeoutMs: 0,
    inflight: 0,
    port: 8080,
    debug: false,
    limitBytes: 10 * 1024 * 1024,
  });
});

test('the first variable that is set wins over its aliases', (t) => {
  t.is(readConfig(schema, { timeout: '5s' }).timeoutMs, 5000);
  t.is(readConfig(schema, { exec_timeout: '1s', timeout: '5s' }).timeoutMs, 1000);
});

test('every bad setting is reported at once, with variable, rule and value', (t) => {
  const env = { mode: 'web', timeout: 'soon', max_inflight: '-1', port: '70000', debug: 'yes', limit: '1 MB' };
  const error = t.throws(() => readConfig(schema, env), { instanceOf: ConfigError });
  t.deepEqual(error.problems, [
    'mode: expected one of fork, http, got "web"',
    'timeout: expected a duration such as "10s", "1m30s" or "250ms", got "soon"',
    'max_inflight: expected a whole number, 0 or more, got "-1"',
    'port: expected a whole number from 0 to 65535, got "70000"',
    'debug: expected true or false, got "yes"',
    'limit: expected a size such as "512Ki", "40Mi" or "1Gi", got "1 MB"',
  ]);
});

test('one bad setting is one line', (t) => {
  const error = t.throws(() => readConfig(schema, { port: 'web' }), { instanceOf: ConfigError });
  t.is(error.message, 'port: expected a whole number from 0 to 65535, got "web"');
});

test('a configuration is frozen', (t) => {
  t.true(Object.isFrozen(readConfig(schema, {})));
});
