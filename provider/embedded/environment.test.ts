import test from 'ava';
import { functionSpec } from '../testing/function-spec.ts';
import { checkVariables, replicaEnvironment } from './environment.ts';

const spec = functionSpec('hello', 'hello');
const paths = {
  id: 'abc',
  dataDir: '/data',
  bundle: '/data/bundles/b',
  run: '/data/run/abc',
  socket: '/data/run/abc/sock',
  logFile: '/log',
  terminationLog: '/term',
  secrets: '/secrets',
};
const machine = { path: '/data/bin:/bin' };

test("the user's variables go over the bundle's, and nothing over the engine's", (t) => {
  const manifest = {
    version: 1,
    mode: 'http',
    process: 'node a.js',
    environment: { A: '1', B: '1', listen: 'x' },
  } as const;
  const made = replicaEnvironment(
    { ...spec, envVars: { B: '2', ready_fd: '9', PATH: '/mine' } },
    manifest,
    paths,
    machine,
  );
  t.like(made, { A: '1', B: '2', PATH: '/mine', fprocess: 'node a.js', mode: 'http', ready_fd: '3' });
  t.like(made, { listen: 'unix:/data/run/abc/sock', DUNLIN_REPLICA: 'abc', DUNLIN_DATA: '/data', metrics_port: '0' });
  t.like(made, { OPENFAAS_NAME: 'hello', OPENFAAS_NAMESPACE: 'openfaas-fn', secrets_path: '/secrets' });
});

test("the deployment's envProcess replaces the bundle's process", (t) => {
  const manifest = { version: 1, mode: 'fork', process: 'cat' } as const;
  t.is(replicaEnvironment({ ...spec, envProcess: 'wc -l' }, manifest, paths, machine).fprocess, 'wc -l');
});

test('handler and static folder are given by their whole paths', (t) => {
  const manifest = { version: 1, mode: 'module', handler: 'f/handler.js', staticPath: 'public' } as const;
  const made = replicaEnvironment(spec, manifest, paths, machine);
  t.like(made, { handler: '/data/bundles/b/f/handler.js', static_path: '/data/bundles/b/public' });
});

const REFUSED: readonly (readonly [string, Record<string, string>, RegExp])[] = [
  ['a name for the runtime', { BUN_OPTIONS: '--x' }, /envVars\.BUN_OPTIONS.*the watchdog's own/],
  ['a name with a space', { 'A B': '1' }, /"A B"/],
  ['an empty name', { '': '1' }, /got ""/],
  ['a name with =', { 'A=B': '1' }, /"A=B"/],
  ['a NUL', { A: 'x\0y' }, /envVars\.A contains a NUL/],
  ['a value that execve refuses', { A: 'x'.repeat(131_072) }, /envVars\.A has 131074 bytes.*use a file/],
];
for (const [what, variables, message] of REFUSED)
  test(`${what} is refused`, (t) => {
    t.throws(() => checkVariables('envVars', variables), { code: 'invalid_request', message });
  });

test('more than a megabyte in all is refused', (t) => {
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`V${n}`, 'x'.repeat(60_000)]));
  t.throws(() => checkVariables('envVars', many), { message: /in all/ });
});
