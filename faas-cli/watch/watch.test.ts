import { rename } from 'node:fs/promises';
import test from 'ava';
import { Project, tinyProject } from '../testing/project.ts';
import { RecordingGateway } from '../testing/recording-gateway.ts';
import { ignoredBy } from './ignored.ts';

test("what .gitignore leaves out, packages and editors' own files are no change", (t) => {
  const isIgnored = ignoredBy('build\n*.log\n/root-only\na/b\n# comment\n!keep.log\n');
  const paths = [
    'build/x',
    'h/build/x',
    'h/a.log',
    'h/keep.log',
    'root-only',
    'h/root-only',
    'a/b/c',
    'x/a/b',
    'h/node_modules/y',
    'h/.handler.ts.swp',
    'h/handler.ts',
  ];
  t.deepEqual(paths.filter(isIgnored), [
    'build/x',
    'h/build/x',
    'h/a.log',
    'root-only',
    'a/b/c',
    'h/node_modules/y',
    'h/.handler.ts.swp',
  ]);
});

test('up --watch deploys again on save, goes on after a failure, and follows the stack file', async (t) => {
  await using gateway = await RecordingGateway.create();
  await using project = await Project.create(tinyProject(gateway.url));
  project.env.OPENFAAS_CONFIG = project.path('.config');
  const token = Buffer.from('admin:right').toString('base64');
  await project.write({ '.config/config.yml': `auths: [{ gateway: "${gateway.url}", auth: basic, token: ${token} }]` });
  const controller = new AbortController();
  const deployed = () => [...gateway.functions.keys()];
  // What to do each time it waits for a change, and what must be true by then.
  const steps: (() => Promise<void>)[] = [
    async () => {
      t.is(gateway.bundles.size, 1);
      await project.write({ 'hello/handler.sh': 'rev\n' });
    },
    async () => {
      t.is(gateway.bundles.size, 2);
      await rename(project.path('template/tiny'), project.path('template/away'));
      await project.write({ 'hello/handler.sh': 'cat\n' });
    },
    async () => {
      t.is(gateway.bundles.size, 2);
      await rename(project.path('template/away'), project.path('template/tiny'));
      await project.write({ 'stack.yaml': 'functions: [' });
    },
    async () => {
      await project.write({ 'stack.yaml': tinyProject(gateway.url)['stack.yaml']!.replace('  hello:', '  hallo:') });
    },
    async () => {
      t.deepEqual(deployed(), ['hello', 'hallo']);
      controller.abort();
    },
  ];
  const onStdout = (text: string) => void (text.startsWith('Watching') && steps.shift()?.());
  const { stderr } = await project.run(['up', '--watch'], { signal: controller.signal, onStdout });
  t.is(steps.length, 0);
  t.is(stderr.match(/not valid YAML/g)?.length, 1, 'a stack file that cannot be read is told once');
  t.regex(stderr, /Changed: hello\/handler\.sh\n(.*\n)*There is no template "tiny"/);
});
