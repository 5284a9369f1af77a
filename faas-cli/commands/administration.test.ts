import test from 'ava';
import { loggedIn } from '../testing/logged-in-project.ts';

test('login asks the gateway, stores 0600, is used, and logout forgets', async (t) => {
  await using at = await loggedIn();
  const { project, gateway } = at;
  project.env.OPENFAAS_CONFIG = project.path('fresh');
  const wrong = await project.run(['login', '--password-stdin'], { input: 'wrong' });
  t.like(wrong, { code: 1, stderr: 'Unable to login, either username or password is incorrect\n' });
  t.like(await project.run(['list']), {
    code: 1,
    stderr: 'Unauthorized access, run "faas-cli login" to setup authentication for this server\n',
  });
  t.is(gateway.requests.at(-1)!.headers.authorization, 'Bearer');
  const right = await project.run(['login', '-s'], { input: 'right\n' });
  t.is(
    right.stdout,
    `Calling the OpenFaaS server to validate the credentials...\ncredentials saved for admin ${gateway.url}\n`,
  );
  t.like(await project.run(['list', '-q']), { code: 0 });
  t.like(await project.run(['list', '-q', '--token', 'jwt']), { code: 1 });
  t.is(gateway.requests.at(-1)!.headers.authorization, 'Bearer jwt');
  t.is((await project.run(['logout'])).stdout, `credentials removed for ${gateway.url}\n`);
  t.like(await project.run(['logout']), { code: 1 });
  t.like(await project.run(['list']), { code: 1 });
});

test('an expired token, given or stored, is told to log in', async (t) => {
  await using at = await loggedIn();
  const { project, gateway } = at;
  const told = 'Unauthorized access, run "faas-cli login" to setup authentication for this server\n';
  gateway.functions.set('hello', { service: 'hello' });
  for (const command of [['list'], ['describe', 'hello'], ['remove', 'hello'], ['secret', 'list'], ['version']])
    t.deepEqual(
      await project.run([...command, '-k', 'expired']).then(({ code, stderr }) => ({ code, stderr })),
      { code: 1, stderr: told },
      command.join(' '),
    );
  await project.write({
    '.config/config.yml': `auths: [{ gateway: "${gateway.url}", auth: oauth2, token: expired }]`,
  });
  t.like(await project.run(['list']), { code: 1, stderr: told });
});

test('secrets are created, replaced, updated, listed, applied and removed', async (t) => {
  await using at = await loggedIn();
  const { project, gateway } = at;
  t.deepEqual(await project.run(['secret', 'create', 'key', '--from-literal', ' v \n']), {
    code: 0,
    stdout: 'Creating secret: key\nCreated: 202 Accepted\n',
    stderr: '',
  });
  t.deepEqual(gateway.json('POST /system/secrets'), { name: 'key', value: 'v' });
  const taken = await project.run(['secret', 'create', 'key', '--from-literal', 'w']);
  t.like(taken, { code: 1, stderr: 'Secret key is there\n' });
  const replaced = await project.run(['secret', 'create', 'key', '--replace', '--trim=false'], { input: 'w\n' });
  t.like(replaced, { code: 0, stdout: 'Creating secret: key\nUpdated: 202 Accepted\n' });
  t.is(gateway.secrets.get('key'), 'w\n');
  await project.write({ file: 'from file\n', '.secrets/a': '1\n', '.secrets/key': '2\n' });
  t.like(await project.run(['secret', 'u', 'key', '--from-file', 'file', '-n', 'x']), {
    stdout: 'Updating secret: key.x\nUpdated: 202 Accepted\n',
  });
  t.is(gateway.secrets.get('key'), 'from file');
  t.like(await project.run(['secret', 'apply']), { code: 0 });
  t.deepEqual(
    [...gateway.secrets],
    [
      ['key', '2'],
      ['a', '1'],
    ],
  );
  t.is((await project.run(['secret', 'list'])).stdout, '\nNAME\nkey\na\n\n');
  t.is((await project.run(['secret', 'rm', 'key'])).stdout, 'Removed.. OK.\n');
  t.like(await project.run(['secret', 'remove', 'key']), { code: 1, stderr: 'There is no secret key\n' });
  gateway.secrets.clear();
  t.is((await project.run(['secret', 'ls'])).stdout, 'No secrets found.\n');
});

test('a secret needs a good name and a value', async (t) => {
  await using at = await loggedIn();
  t.regex(
    (await at.project.run(['secret', 'create', 'A_b', '--from-literal', 'x'])).stderr,
    /^The name must be 1 to 253/,
  );
  t.regex((await at.project.run(['secret', 'create', 'a'])).stderr, /^The secret has no value/);
  t.regex(
    (await at.project.run(['secret', 'create', 'a', '--from-file', 'none'])).stderr,
    /none: there is no such file/,
  );
  t.deepEqual(at.gateway.lines, []);
});

test('namespaces are listed, shown, created and removed', async (t) => {
  await using at = await loggedIn();
  const { project, gateway } = at;
  gateway.answers.set('POST /system/namespace/', (_request, response) => response.writeHead(201).end());
  gateway.answers.set('DELETE /system/namespace/dev', (_request, response) => response.writeHead(202).end());
  t.is((await project.run(['namespace', 'list'])).stdout, 'Namespaces:\n - openfaas-fn\n - staging\n');
  t.is((await project.run(['ns', 'ls', '-j'])).stdout, '[\n  "openfaas-fn",\n  "staging"\n]\n');
  const created = await project.run(['ns', 'create', 'dev', '-l', 'team=web']);
  t.is(created.stdout, 'Creating Namespace: dev\nNamespace Created: dev\n');
  t.deepEqual(gateway.json('POST /system/namespace/'), {
    name: 'dev',
    labels: { openfaas: '1', team: 'web' },
    annotations: { openfaas: '1' },
  });
  t.like(await project.run(['ns', 'rm', 'dev']), { code: 0 });
  t.deepEqual(gateway.json('DELETE /system/namespace/dev'), { name: 'dev' });
});
