import { spawnSync } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { Project } from '../testing/project.ts';
import { RecordingGateway } from '../testing/recording-gateway.ts';
import { configFolder, readLogins, removeLogin, storeLogin } from './credentials.ts';
import { gatewayUrl, isUnencrypted } from './gateway-url.ts';
import { dataFolder, localToken } from './local-gateway.ts';

const DEFAULT = 'http://127.0.0.1:8080';

test('the gateway is the flag, the stack file or OPENFAAS_URL, where the default counts as not given', (t) => {
  t.is(gatewayUrl(undefined, undefined, undefined), DEFAULT);
  t.is(gatewayUrl('http://a', 'http://b', 'http://c'), 'http://a');
  t.is(gatewayUrl(DEFAULT, 'http://b', 'http://c'), 'http://b');
  t.is(gatewayUrl(undefined, `${DEFAULT}/`, 'http://c'), 'http://c');
  t.is(gatewayUrl('FAAS.Example.com/', undefined, undefined), 'http://faas.example.com');
  t.is(gatewayUrl('HTTPS://FAAS.example.com/Path/', undefined, undefined), 'https://faas.example.com/path');
});

test('what is no URL of a gateway is refused', (t) => {
  for (const url of ['ftp://a', 'http://', 'http://bad host', 'http:a b'])
    t.throws(() => gatewayUrl(url, undefined, undefined), { message: /is no URL of a gateway/ });
});

test('only plain HTTP to another machine is warned of', (t) => {
  t.deepEqual(
    ['https://a', 'http://127.0.0.1:8080', 'http://localhost', 'http://10.0.0.1', 'http://localhost.evil.com'].map(
      isUnencrypted,
    ),
    [false, false, false, true, true],
  );
});

const machine = { home: '/home/ada', platform: 'linux', arch: 'x64', uid: 1000 };

test('the folder of the configuration is OPENFAAS_CONFIG, .openfaas in CI, else in the home', (t) => {
  t.is(configFolder({ OPENFAAS_CONFIG: '/c', CI: 'true' }, '/w', machine), '/c');
  t.is(configFolder({ CI: 'true' }, '/w', machine), '/w/.openfaas');
  t.is(configFolder({}, '/w', machine), '/home/ada/.openfaas');
});

test('a login replaces the one of its gateway, in a file of mode 0600 in a folder of mode 0700', async (t) => {
  await using project = await Project.create();
  const folder = join(project.home, '.openfaas');
  await storeLogin(folder, { gateway: 'http://a', auth: 'basic', token: 'one' });
  await storeLogin(folder, { gateway: 'http://b', auth: 'oauth2', token: 'jwt' });
  await storeLogin(folder, { gateway: 'http://a', auth: 'basic', token: 'two' });
  t.deepEqual(await readLogins(folder), [
    { gateway: 'http://b', auth: 'oauth2', token: 'jwt' },
    { gateway: 'http://a', auth: 'basic', token: 'two' },
  ]);
  t.is((await stat(folder)).mode & 0o777, 0o700);
  t.is((await stat(join(folder, 'config.yml'))).mode & 0o777, 0o600);
  t.true(await removeLogin(folder, 'http://a'));
  t.false(await removeLogin(folder, 'http://a'));
  t.false((await readFile(join(folder, 'config.yml'), 'utf8')).includes('two'));
});

test('a broken configuration file is named', async (t) => {
  await using project = await Project.create({ 'config.yml': 'auths: [' });
  await t.throwsAsync(readLogins(project.folder), { message: /config\.yml is not valid YAML/ });
});

test("the data folder follows the gateway's rule", (t) => {
  t.is(dataFolder({ DUNLIN_DATA: '/d' }, machine), '/d');
  t.is(dataFolder({}, { ...machine, uid: 0 }), '/var/lib/dunlin');
  t.is(dataFolder({ XDG_STATE_HOME: '/s' }, machine), '/s/dunlin');
  t.is(dataFolder({}, machine), '/home/ada/.local/state/dunlin');
});

async function withNotice(url: string, pid = 1): Promise<Project> {
  const project = await Project.create({ user: 'admin\n', password: 'secret\n' });
  const notice = { url, userFile: project.path('user'), passwordFile: project.path('password'), pid };
  await mkdir(project.path('data'));
  await writeFile(project.path('data/gateway.json'), JSON.stringify(notice), { mode: 0o600 });
  return project;
}
const here = { ...machine, uid: process.getuid!() };

test("the owner of a gateway on this machine need not log in, at that gateway's URL only", async (t) => {
  await using project = await withNotice('http://127.0.0.1:9999');
  const env = { DUNLIN_DATA: project.path('data') };
  const token = Buffer.from('admin:secret').toString('base64');
  t.is(await localToken('http://127.0.0.1:9999', env, here), token);
  t.is(await localToken('http://localhost:9999', env, here), token);
  t.is(await localToken('http://127.0.0.1:8080', env, here), undefined);
  t.is(await localToken('http://127.0.0.1:9999', { DUNLIN_DATA: '/nowhere' }, here), undefined);
});

test("somebody else's notice is refused, not believed", async (t) => {
  await using project = await withNotice('http://127.0.0.1:9999');
  const env = { DUNLIN_DATA: project.path('data') };
  const other = { ...here, uid: here.uid + 1 };
  await t.throwsAsync(localToken('http://127.0.0.1:9999', env, other), {
    message: /gateway\.json belongs to user \d+, not to you/,
  });
});

test('a login of an earlier gateway at the same address does not shut out the owner of the one that runs', async (t) => {
  await using gateway = await RecordingGateway.create();
  const ended = spawnSync('true').pid;
  for (const [pid, password, stored, code] of [
    [process.pid, 'secret', 'of the earlier one', 0],
    // The notice of a gateway that was killed says nothing about who is at the address now.
    [ended, 'of the one that is there', 'of the one that is there', 0],
    [ended, 'secret', 'of the earlier one', 1],
  ] as const) {
    await using project = await withNotice(gateway.url, pid);
    gateway.password = password;
    const token = Buffer.from(`admin:${stored}`).toString('base64');
    Object.assign(project.env, { OPENFAAS_URL: gateway.url, DUNLIN_DATA: project.path('data') });
    project.env.OPENFAAS_CONFIG = project.path('config');
    await storeLogin(project.path('config'), { gateway: gateway.url, auth: 'basic', token });
    t.is((await project.run(['list'])).code, code, `${password}, ${stored}`);
  }
});

test("a stored login is used beside somebody else's notice, and a stored token before our own", async (t) => {
  await using gateway = await RecordingGateway.create();
  await using project = await withNotice(gateway.url, process.pid);
  Object.assign(project.env, { OPENFAAS_URL: gateway.url, DUNLIN_DATA: project.path('data') });
  project.env.OPENFAAS_CONFIG = project.path('config');
  t.is(await localToken(gateway.url, project.env, { ...here, uid: here.uid + 1 }, 'running'), undefined);
  await storeLogin(project.path('config'), { gateway: gateway.url, auth: 'oauth2', token: 'jwt' });
  await project.run(['list']);
  t.is(gateway.requests.at(-1)!.headers.authorization, 'Bearer jwt');
});
