import test from 'ava';
import { loggedIn } from '../testing/logged-in-project.ts';
import type { Recorded } from '../testing/recording-gateway.ts';

async function start() {
  const at = await loggedIn();
  const answer = (line: string, status: number, value?: unknown) =>
    at.gateway.answers.set(line, (_request: Recorded, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(value === undefined ? undefined : JSON.stringify(value));
    });
  return { ...at, answer, run: (...args: string[]) => at.project.run(args) };
}

test('token create prints the token alone on stdout, so that it can be piped', async (t) => {
  await using at = await start();
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
  await using at = await start();
  at.answer('POST /system/tokens', 201, { name: 'ops', admin: true, createdAt: '', token: 'dunlin_y' });
  t.is((await at.run('token', 'create', 'ops', '--admin')).code, 0);
  t.deepEqual(at.gateway.json('POST /system/tokens'), { name: 'ops', admin: true });
});

test('token list shows what each may use, never the token', async (t) => {
  await using at = await start();
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
  await using at = await start();
  at.answer('DELETE /system/tokens/ci', 202);
  t.deepEqual(await at.run('token', 'revoke', 'ci'), { code: 0, stdout: 'Revoked token: ci\n', stderr: '' });
  at.answer('DELETE /system/tokens/no', 404, { code: 'not_found', detail: 'there is no token named no', status: 404 });
  const unknown = await at.run('token', 'revoke', 'no');
  t.is(unknown.code, 1);
  t.regex(unknown.stderr, /there is no token named no/i);
});

test('the help of the group and of each command shows how they are used', async (t) => {
  await using at = await start();
  t.regex((await at.run('token', '--help')).stdout, /create[\s\S]*list[\s\S]*revoke/);
  t.regex((await at.run('token', 'create', '--help')).stdout, /faas-cli token create ci --function hello/);
});
