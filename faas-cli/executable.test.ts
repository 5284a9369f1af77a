import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
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

test('a gateway that cannot be reached is told as by the checkout, though its runtime has other words', async (t) => {
  const silent = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.teardown(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  const list = async (url: string) => {
    const failed = await t.throwsAsync(run(program, ['list', '-g', url], { env: { HOME: tmpdir() } }));
    return (failed as unknown as { stderr: string }).stderr;
  };
  t.is(
    await list('http://127.0.0.1:1'),
    'Cannot connect to http://127.0.0.1:1; is the gateway running? Start it with: npm start\n',
  );
  t.regex(await list(`http://127.0.0.1:${port}`), /closed the connection before it answered; try again\n$/);
  t.regex(
    await list('http://no-such-host.invalid'),
    /no such host; check --gateway, or provider\.gateway in stack\.yaml\n$/,
  );
});

test('a full disk is told as such, for a file and for what the output goes to', async (t) => {
  const shell = (command: string) => t.throwsAsync(run('sh', ['-c', command], { env: { HOME: tmpdir(), program } }));
  for (const command of ['"$program" secret generate -o /dev/full', '"$program" --help > /dev/full'])
    t.like(await shell(command), { code: 1, stderr: 'The disk is full; free some space, and run it again\n' });
});
