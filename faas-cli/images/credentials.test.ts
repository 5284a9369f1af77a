import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import test from 'ava';
import { Project } from '../testing/project.ts';
import { credentialsFor, fromConfig, type RegistryAuth } from './credentials.ts';
import type { DockerConfig } from './docker-config.ts';

const auth = (pair: string) => ({ auth: Buffer.from(pair).toString('base64') });

test('credentials are found under the host or the URL that somebody logged in with', (t) => {
  const config: DockerConfig = {
    auths: {
      'https://index.docker.io/v1/': auth('hub:pass:word'),
      'https://ghcr.io/v2/': auth('ada:secret'),
      'r.example:5000': { identitytoken: 'token' },
      'empty.example': {},
    },
  };
  const hub = { serveraddress: 'https://index.docker.io/v1/', username: 'hub', password: 'pass:word' };
  t.deepEqual(fromConfig(config, 'docker.io'), hub);
  t.deepEqual(fromConfig(config, 'ghcr.io'), { serveraddress: 'ghcr.io', username: 'ada', password: 'secret' });
  t.deepEqual(fromConfig(config, 'r.example:5000'), { serveraddress: 'r.example:5000', identitytoken: 'token' });
  t.is(fromConfig(config, 'r.example'), undefined);
  t.is(fromConfig(config, 'empty.example'), undefined);
});

/** A helper as docker has them: a program that is asked on stdin. */
async function withHelper(project: Project, name: string, script: string): Promise<void> {
  await project.write({ [`bin/docker-credential-${name}`]: `#!/bin/sh\n${script}` });
  await chmod(project.path('bin', `docker-credential-${name}`), 0o755);
}

const lookUp = (project: Project, registry: string): Promise<RegistryAuth | undefined> =>
  credentialsFor(registry, {
    env: { PATH: `${project.path('bin')}:${process.env.PATH}`, DOCKER_CONFIG: project.folder },
    machine: { home: project.home, platform: 'linux', arch: 'x64', uid: 0 },
    signal: new AbortController().signal,
  });

test('a credential helper is asked on its stdin, and its token is taken for one', async (t) => {
  await using project = await Project.create({
    'config.json': '{"credsStore": "all", "credHelpers": {"token.example": "token"}}',
  });
  await withHelper(
    project,
    'all',
    'read server; [ "$1" = get ] && echo "{\\"Username\\":\\"ada\\",\\"Secret\\":\\"for $server\\"}"',
  );
  await withHelper(project, 'token', 'echo \'{"Username":"<token>","Secret":"abc"}\'');
  t.deepEqual(await lookUp(project, 'r.example'), {
    serveraddress: 'r.example',
    username: 'ada',
    password: 'for r.example',
  });
  t.deepEqual(await lookUp(project, 'token.example'), { serveraddress: 'token.example', identitytoken: 'abc' });
});

test('a helper that knows nothing is no failure; one that fails or is missing is named', async (t) => {
  await using project = await Project.create({ 'config.json': '{"credsStore": "x"}' });
  await t.throwsAsync(lookUp(project, 'r.example'), { message: /docker-credential-x, which is not on the PATH/ });
  await withHelper(project, 'x', 'echo "credentials not found in native keychain"; exit 1');
  t.is(await lookUp(project, 'r.example'), undefined);
  await withHelper(project, 'x', 'echo "the keychain is locked" >&2; exit 1');
  await t.throwsAsync(lookUp(project, 'r.example'), {
    message: 'the credential helper docker-credential-x failed: the keychain is locked',
  });
});

test('a helper whose name would lead elsewhere is not run, and a broken config is named', async (t) => {
  await using project = await Project.create({ 'config.json': '{"credsStore": "x/../../../bin/sh"}' });
  await t.throwsAsync(lookUp(project, 'r.example'), { message: /which is no name/ });
  await writeFile(project.path('config.json'), '{');
  await t.throwsAsync(lookUp(project, 'r.example'), { message: /config\.json is no JSON object/ });
});

test("registry-login writes docker's config for the user's eyes only, and keeps what it held", async (t) => {
  await using project = await Project.create();
  await project.write({
    '../home/.docker/config.json': '{"auths": {"a.example": {"auth": "eDp5"}}, "detachKeys": "ctrl-p"}',
  });
  const login = (args: string[], input = 'secret\n') =>
    project.run(['registry-login', '-u', 'ada', ...args], { input });
  const done = await login(['--server', 'https://ghcr.io/v2/', '--password-stdin']);
  t.like(done, { code: 0, stderr: '' });
  t.regex(done.stdout, /^credentials saved for ada ghcr\.io in .*config\.json\n$/);
  t.is((await login(['--password-stdin'])).code, 0);
  const file = project.path('../home/.docker/config.json');
  t.deepEqual(JSON.parse(await readFile(file, 'utf8')), {
    auths: {
      'a.example': { auth: 'eDp5' },
      'ghcr.io': auth('ada:secret'),
      'https://index.docker.io/v1/': auth('ada:secret'),
    },
    detachKeys: 'ctrl-p',
  });
  t.is((await stat(file)).mode & 0o777, 0o600);
  t.deepEqual(await readdir(project.path('../home/.docker')), ['config.json']);
});

test('registry-login gives the password to the helper that the config names', async (t) => {
  await using project = await Project.create({ 'docker/config.json': '{"credsStore": "keep"}' });
  await withHelper(project, 'keep', 'cat > "$KEPT"');
  const env = {
    DOCKER_CONFIG: project.path('docker'),
    KEPT: project.path('kept'),
    PATH: `${project.path('bin')}:${process.env.PATH}`,
  };
  const { code, stdout } = await project.run(
    ['registry-login', '-u', 'ada', '--password-stdin', '--server', 'r.example'],
    {
      input: 'secret\n',
      env,
    },
  );
  t.deepEqual([code, stdout], [0, 'credentials saved for ada r.example by docker-credential-keep\n']);
  const kept = JSON.parse(await readFile(project.path('kept'), 'utf8'));
  t.deepEqual(kept, { ServerURL: 'r.example', Username: 'ada', Secret: 'secret' });
  t.is(await readFile(project.path('docker/config.json'), 'utf8'), '{"credsStore": "keep"}');
});

test('registry-login refuses ECR, two passwords, none, a user that is none and a server that is none', async (t) => {
  await using project = await Project.create();
  const said = async (...args: string[]) => {
    const { code, stderr } = await project.run(['registry-login', ...args], { input: '' });
    t.is(code, 1);
    return stderr;
  };
  t.regex(
    await said('--ecr', '--region', 'eu-west-1'),
    /^--ecr, --account-id and --region are not available; .*credHelpers/,
  );
  t.regex(await said('-u', 'a', '--password', 'b', '--password-stdin'), /exclude each other/);
  t.regex(await said('-u', 'a', '--password-stdin'), /^Give a password/);
  t.regex(await said('--password-stdin'), /^Give a user/);
  t.regex(await said('-u', 'a:b', '--password', 'b'), /^Give a user/);
  t.regex(await said('-u', 'a', '--password', 'b', '--server', 'a b'), /--server must be the host of a registry/);
});
