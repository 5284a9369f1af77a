import test from 'ava';
import { ConfigError, readConfig } from '../common/config.ts';
import { gatewaySchema } from './config.ts';
import { type Flags, readFlags } from './flags.ts';

const read = (args: string[], given: Record<string, string> = {}) => {
  const { env, nameOf } = readFlags(args, given) as Flags;
  return readConfig(gatewaySchema, env, nameOf);
};

test('without flags and variables the gateway listens on this machine only', (t) => {
  t.like(read([]), { host: '127.0.0.1', port: 8080, metricsPort: 8082, basicAuth: true, upstreamTimeoutMs: 60_000 });
});

test('flags win over the environment', (t) => {
  const env = { dunlin_port: '1', DUNLIN_METRICS_PORT: '2', dunlin_data: '/env' };
  t.like(read(['--port', '9090', '--data=/flag'], env), { port: 9090, metricsPort: 2, dataFolder: '/flag' });
});

test('an unknown flag and a flag without a value are refused by name', (t) => {
  t.throws(() => readFlags(['--prot', '1'], {}), { instanceOf: ConfigError, message: /--prot/ });
  t.throws(() => readFlags(['--port'], {}), { instanceOf: ConfigError, message: /--port/ });
  t.throws(() => readFlags(['--data='], {}), { instanceOf: ConfigError, message: '--data: expected a value, got ""' });
});

test('all wrong settings are reported together, by flag or variable, rule and value', (t) => {
  const error = t.throws(() => read(['--port', '70000'], { upstream_timeout: 'soon', basic_auth: 'perhaps' }), {
    instanceOf: ConfigError,
  });
  t.deepEqual(error.problems, [
    '--port: expected a whole number from 0 to 65535, got "70000"',
    'upstream_timeout: expected a duration such as "10s", "1m30s" or "250ms", got "soon"',
    'basic_auth: expected true or false, got "perhaps"',
  ]);
});

test('--help is a wish of its own', (t) => {
  t.is(readFlags(['--help'], {}), 'help');
});

test('--take-over goes with --data only', (t) => {
  t.like(readFlags(['--take-over', '--data', '/flag'], {}), { takeOver: true, env: { dunlin_data: '/flag' } });
  t.throws(() => readFlags(['--take-over', '--port', '1'], {}), { message: /--take-over does not go with --port/ });
});
