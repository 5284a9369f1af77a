import test from 'ava';
import { functionSpec } from '../../testing/function-spec.ts';
import type { BundleManifest } from '../../wire/bundle.ts';
import { isPoolable } from './poolable.ts';

const spec = (envVars: Record<string, string> = {}) => functionSpec('hello', 'hello:latest', { envVars });
const manifest = (more: Partial<BundleManifest> = {}): BundleManifest => ({
  version: 1,
  mode: 'module',
  handler: 'handler.js',
  ...more,
});

test('functions in module mode take a process that waits, others do not', (t) => {
  t.true(isPoolable(spec({ exec_timeout: '5s', greeting: 'hi' }), manifest()));
  t.false(isPoolable(spec(), manifest({ mode: 'http' })));
  t.false(isPoolable(spec({ mode: 'fork' }), manifest()), 'the environment names another mode');
});

test('what is read as a process starts needs a start of its own, whoever sets it', (t) => {
  for (const name of ['NODE_ENV', 'TZ', 'LANG', 'LC_ALL', 'https_proxy', 'LD_PRELOAD', 'NO_COLOR', 'PATH'])
    t.false(isPoolable(spec({ [name]: 'x' }), manifest()), name);
  t.false(isPoolable(spec(), manifest({ environment: { NODE_ENV: 'production' } })));
  for (const name of ['node', 'PATHS', 'HOMEPAGE', 'timezone', 'proxy'])
    t.true(isPoolable(spec({ [name]: 'x' }), manifest()), name);
});
