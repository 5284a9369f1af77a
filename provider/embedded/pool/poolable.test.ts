import test from 'ava';
import type { FunctionSpec } from '../../provider.ts';
import type { ReplicaLimits } from '../../quantities.ts';
import type { BundleManifest } from '../../wire/bundle.ts';
import { isPoolable } from './poolable.ts';

const spec = (envVars: Record<string, string> = {}): FunctionSpec => ({
  name: 'hello',
  namespace: 'openfaas-fn',
  image: 'hello:latest',
  labels: {},
  annotations: {},
  envVars,
});
const manifest = (more: Partial<BundleManifest> = {}): BundleManifest => ({
  version: 1,
  mode: 'module',
  handler: 'handler.js',
  ...more,
});

/** As on a machine where only memory can be limited by a control group. */
const cgroups = { limits: ({ memoryBytes }: ReplicaLimits) => memoryBytes !== undefined };
const takes = (given: FunctionSpec, of: BundleManifest) => isPoolable(given, of, cgroups);

test('functions in module mode take a process that waits, others do not', (t) => {
  t.true(takes(spec({ exec_timeout: '5s', greeting: 'hi' }), manifest()));
  t.false(takes(spec(), manifest({ mode: 'http' })));
  t.false(takes(spec({ mode: 'fork' }), manifest()), 'the environment names another mode');
});

test('what is read as a process starts needs a start of its own, whoever sets it', (t) => {
  for (const name of ['NODE_ENV', 'TZ', 'LANG', 'LC_ALL', 'https_proxy', 'LD_PRELOAD', 'NO_COLOR', 'PATH'])
    t.false(takes(spec({ [name]: 'x' }), manifest()), name);
  t.false(takes(spec(), manifest({ environment: { NODE_ENV: 'production' } })));
  for (const name of ['node', 'PATHS', 'HOMEPAGE', 'timezone', 'proxy'])
    t.true(takes(spec({ [name]: 'x' }), manifest()), name);
});

test('a function whose limit is a control group gets a process that was in it from the start', (t) => {
  t.false(takes({ ...spec(), limits: { memory: '64Mi' } }, manifest()));
  t.true(takes({ ...spec(), limits: { cpu: '100m' } }, manifest()));
});
