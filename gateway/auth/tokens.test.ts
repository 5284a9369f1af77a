import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { start } from '../testing/start.ts';
import { TokenStore } from './token-store.ts';

const bearer = (token: string) => ({ anonymous: true, headers: { authorization: `Bearer ${token}` } });

async function withGuarded(t: ExecutionContext, env: Record<string, string> = {}) {
  const platform = await start(t, env);
  platform.provider.images.set('guarded:latest', (req, res) => res.end(req.headers.authorization ?? 'no header'));
  await platform.deploy('guarded', { labels: { 'com.dunlin.auth': 'required' } });
  const create = async (body: object): Promise<string> => {
    const answer = await platform.json('/system/tokens', 'POST', body);
    t.is(answer.status, 201, answer.body);
    return JSON.parse(answer.body).token;
  };
  return { ...platform, create };
}

test('a function that needs a token can only be called with one, which it does not see', async (t) => {
  const { request, create } = await withGuarded(t);
  const refused = await request('/function/guarded', { anonymous: true });
  t.is(refused.status, 401);
  t.is(refused.headers['www-authenticate'], 'Bearer realm="functions"');
  t.is(JSON.parse(refused.body).code, 'unauthorized');
  t.is((await request('/function/guarded')).status, 401, 'the password of the API is no token');
  const token = await create({ name: 'ci' });
  t.like(await request('/function/guarded', bearer(token)), { status: 200, body: 'no header' });
  t.is((await request('/function/guarded.openfaas-fn', bearer(token))).status, 200);
});

test('a token may be for some functions only, and for the API only as an admin', async (t) => {
  const { request, create } = await withGuarded(t);
  const other = await create({ name: 'other', functions: ['else'] });
  t.is((await request('/function/guarded', bearer(other))).status, 401);
  const fitting = await create({ name: 'fitting', functions: ['guarded'] });
  t.is((await request('/function/guarded', bearer(fitting))).status, 200);
  t.is((await request('/system/functions', bearer(fitting))).status, 401);
  const admin = await create({ name: 'admin', admin: true });
  t.is((await request('/system/functions', bearer(admin))).status, 200);
});

test('a revoked token is worth nothing', async (t) => {
  const { request, create } = await withGuarded(t);
  const token = await create({ name: 'ci' });
  t.is((await request('/system/tokens/ci', { method: 'DELETE' })).status, 202);
  t.is((await request('/function/guarded', bearer(token))).status, 401);
  t.is((await request('/system/tokens/ci', { method: 'DELETE' })).status, 404);
});

test('tokens are stored hashed, for this user only, and survive a restart', async (t) => {
  const { request, create, folder } = await withGuarded(t);
  const token = await create({ name: 'ci', functions: ['guarded'] });
  const file = join(folder, 'tokens.json');
  t.false((await readFile(file, 'utf8')).includes(token));
  t.is((await stat(file)).mode & 0o777, 0o600);
  t.like((await TokenStore.open(file)).find(token), { name: 'ci' });
  const { body } = await request('/system/tokens');
  t.like(JSON.parse(body)[0], { name: 'ci', admin: false, functions: ['guarded.openfaas-fn'] });
  t.false(body.includes('hash'));
});

test('guessing tokens is limited per address', async (t) => {
  const { request } = await withGuarded(t, { dunlin_max_guesses: '1' });
  t.is((await request('/function/guarded', bearer('dunlin_guess'))).status, 401);
  t.is((await request('/function/guarded', bearer('dunlin_again'))).status, 429);
});

test('a bad token request is refused in words, and a name is taken once', async (t) => {
  const { json, create } = await withGuarded(t);
  await create({ name: 'ci' });
  t.regex((await json('/system/tokens', 'POST', { name: 'ci' })).body, /there is a token named ci/);
  t.regex((await json('/system/tokens', 'POST', { name: '../x' })).body, /^name must be/);
  t.regex((await json('/system/tokens', 'POST', { name: 'a', functions: ['B'] })).body, /^functions\[0\] must be/);
  t.regex(
    (await json('/system/tokens', 'POST', { name: 'a', admin: true, functions: ['b'] })).body,
    /exclude each other/,
  );
});
