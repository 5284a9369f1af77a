import { truncate } from 'node:fs/promises';
import test from 'ava';
import { loggedIn } from '../testing/logged-in-project.ts';
import type { Recorded } from '../testing/recording-gateway.ts';

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

test('what is too large for a secret is refused before it is read or sent, and a folder is said to be one', async (t) => {
  await using at = await loggedIn();
  await at.project.write({ '.secrets/mistaken': 'x' });
  await truncate(at.project.path('.secrets/mistaken'), 3 * 1024 ** 3);
  const rule = 'has 3221225472 bytes; a secret may have 1048576\n';
  const create = (...from: string[]) =>
    at.project.run(['secret', 'create', 'a', ...from], { input: 'x'.repeat(2 ** 21) });
  t.is((await create('--from-file', '.secrets/mistaken')).stderr, `--from-file .secrets/mistaken ${rule}`);
  t.is((await at.project.run(['secret', 'apply'])).stderr, `.secrets/mistaken ${rule}`);
  t.is((await create()).stderr, 'The value has 2097152 bytes; a secret may have 1048576\n');
  t.is((await create('--from-file', '.secrets')).stderr, 'Cannot read --from-file .secrets: it is a folder\n');
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

/** With an API of tokens: `answer` is what it says to a line. */
async function withTokens() {
  const at = await loggedIn();
  const answer = (line: string, status: number, value?: unknown) =>
    at.gateway.answers.set(line, (_request: Recorded, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(value === undefined ? undefined : JSON.stringify(value));
    });
  return { ...at, answer, run: (...args: string[]) => at.project.run(args) };
}

test('token create prints the token alone on stdout, so that it can be piped', async (t) => {
  await using at = await withTokens();
  at.answer('POST /system/tokens', 201, {
    name: 'ci',
    admin: false,
    createdAt: '2026-11-21T12:00:00Z',
    token: 'dunlin_x',
  });
  t.deepEqual(await at.run('token', 'create', 'ci', '--function', 'hello', '--function', 'a.staging'), {
    code: 0,
    stdout: 'dunlin_x\n',
    stderr: 'Created token: ci; it cannot be shown again\n',
  });
  const sent = at.gateway.json('POST /system/tokens');
  t.deepEqual(sent, { name: 'ci', admin: false, functions: ['hello', 'a.staging'] });
});

test('token create without functions asks for none, and with --admin for the API', async (t) => {
  await using at = await withTokens();
  at.answer('POST /system/tokens', 201, { name: 'ops', admin: true, createdAt: '', token: 'dunlin_y' });
  t.is((await at.run('token', 'create', 'ops', '--admin')).code, 0);
  t.deepEqual(at.gateway.json('POST /system/tokens'), { name: 'ops', admin: true });
});

test('token list shows what each may use, never the token', async (t) => {
  await using at = await withTokens();
  at.answer('GET /system/tokens', 200, []);
  t.like(await at.run('token', 'list'), { code: 0, stdout: 'No tokens found.\n' });
  const createdAt = '2026-11-21T12:00:00.000Z';
  const tokens = [
    { name: 'all', admin: false, createdAt },
    { name: 'ci', admin: false, functions: ['hello.openfaas-fn'], createdAt },
    { name: 'ops', admin: true, createdAt },
  ];
  at.answer('GET /system/tokens', 200, tokens);
  t.is(
    (await at.run('token', 'ls')).stdout,
    `NAME   MAY USE                   CREATED
all    calls of every function   ${createdAt}
ci     hello.openfaas-fn         ${createdAt}
ops    everything, as admin      ${createdAt}
`,
  );
  t.deepEqual(JSON.parse((await at.run('token', 'list', '--json')).stdout), tokens);
});

test('token revoke names the token, and says when there is none', async (t) => {
  await using at = await withTokens();
  at.answer('DELETE /system/tokens/ci', 202);
  t.deepEqual(await at.run('token', 'revoke', 'ci'), { code: 0, stdout: 'Revoked token: ci\n', stderr: '' });
  at.answer('DELETE /system/tokens/no', 404, { code: 'not_found', detail: 'there is no token named no', status: 404 });
  const unknown = await at.run('token', 'revoke', 'no');
  t.is(unknown.code, 1);
  t.regex(unknown.stderr, /there is no token named no/i);
});

test('the help of the group and of each command shows how they are used', async (t) => {
  await using at = await withTokens();
  t.regex((await at.run('token', '--help')).stdout, /create[\s\S]*list[\s\S]*revoke/);
  t.regex((await at.run('token', 'create', '--help')).stdout, /faas-cli token create ci --function hello/);
});
