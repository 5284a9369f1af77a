import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { Project, root, stackOf } from './testing/project.ts';
import { RecordingGateway } from './testing/recording-gateway.ts';

const run = promisify(execFile);
const program = join(root, 'dist/faas-cli');

test.before(async () => {
  await run(process.execPath, [join(root, 'tools/cli-executable.mjs')]);
});

test('the single-file program makes, builds, deploys and calls a function where there is no Node', async (t) => {
  await using gateway = await RecordingGateway.create();
  await using project = await Project.create();
  const token = Buffer.from('admin:right').toString('base64');
  await project.write({ '.config/config.yml': `auths: [{ gateway: "${gateway.url}", auth: basic, token: ${token} }]` });
  // Nothing on the PATH: what it needs it has.
  const env = {
    PATH: project.path('bin'),
    HOME: project.home,
    OPENFAAS_URL: gateway.url,
    OPENFAAS_CONFIG: project.path('.config'),
  };
  const cli = (...argv: string[]) => run(program, argv, { cwd: project.folder, env });
  await cli('new', '--lang', 'typescript', 'hello');
  await access(project.path('template/typescript/template.yml'));
  const up = await cli('up');
  t.regex(up.stdout, /Deployed\. 202 Accepted\./);
  t.deepEqual([...gateway.functions.keys()], ['hello']);
  const calling = cli('invoke', 'hello');
  calling.child.stdin!.end('Ada');
  t.is((await calling).stdout, 'Ada');
  const wrong = await t.throwsAsync(cli('build', '--imag'));
  t.like(wrong, { code: 1, stderr: "Unknown option '--imag'\n(Did you mean --image?)\nSee: faas-cli build --help\n" });
});

test('the bundle is the same, byte for byte, as that of the checkout', async (t) => {
  await using project = await Project.create();
  await project.run(['new', '--lang', 'typescript', 'hello']);
  await project.run(['build']);
  const digest = async () => (await run('sha256sum', [project.path('build/hello.tar')])).stdout;
  const expected = await digest();
  await run(program, ['build'], { cwd: project.folder, env: { PATH: process.env.PATH, HOME: project.home } });
  t.is(await digest(), expected);
});

test('dev says that it needs the checkout', async (t) => {
  await using project = await Project.create({ 'stack.yaml': stackOf('http://127.0.0.1:8080') });
  const refused = await t.throwsAsync(run(program, ['dev'], { cwd: project.folder, env: { HOME: project.home } }));
  t.like(refused, { code: 1 });
  t.regex(
    (refused as unknown as { stderr: string }).stderr,
    /this single-file faas-cli has not; run bin\/faas-cli dev of the checkout/,
  );
});
