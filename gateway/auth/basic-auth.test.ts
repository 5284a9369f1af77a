import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { BasicAuth } from './basic-auth.ts';
import { ensureCredentials, readCredentials } from './credentials.ts';
import { GuessLimit } from './guess-limit.ts';

const credentials = { user: 'admin', password: 'pa:ss' };
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

test('the right pair is granted, with a colon in the password and the scheme in any case', (t) => {
  const auth = new BasicAuth(credentials, new GuessLimit(5, Date.now));
  t.is(auth.check(basic('admin:pa:ss'), 'a'), 'granted');
  t.is(auth.check(basic('admin:pa:ss').replace('Basic', 'basic'), 'a'), 'granted');
});

for (const header of [
  undefined,
  '',
  'Bearer ',
  'Basic',
  'Basic !',
  basic('admin'),
  basic('admin:pa'),
  basic('ADMIN:pa:ss'),
])
  test(`the header ${JSON.stringify(header)} is denied`, (t) => {
    t.is(new BasicAuth(credentials, new GuessLimit(5, Date.now)).check(header, 'a'), 'denied');
  });

test('an address that guesses too often waits, the right password included, while others go on', (t) => {
  let now = 0;
  const auth = new BasicAuth(credentials, new GuessLimit(2, () => now));
  t.is(auth.check(basic('admin:1'), 'a'), 'denied');
  t.is(auth.check(basic('admin:2'), 'a'), 'denied');
  t.is(auth.check(basic('admin:pa:ss'), 'a'), 'too_many_guesses');
  t.is(auth.check(basic('admin:pa:ss'), 'b'), 'granted');
  now = 1000;
  t.is(auth.check(basic('admin:pa:ss'), 'a'), 'granted');
});

test('requests without a password are no guesses', (t) => {
  const auth = new BasicAuth(credentials, new GuessLimit(1, () => 0));
  for (let i = 0; i < 5; i++) t.is(auth.check('Bearer ', 'a'), 'denied');
  t.is(auth.check(basic('admin:pa:ss'), 'a'), 'granted');
});

test('credentials are made once, for this user only', async (t) => {
  const folder = join(await temporaryFolder(t), 'auth');
  const made = await ensureCredentials(folder);
  t.is(made.user, 'admin');
  t.is(Buffer.from(made.password, 'base64url').length, 32);
  t.deepEqual(await ensureCredentials(folder), made);
  t.is((await stat(folder)).mode & 0o777, 0o700);
  for (const file of ['basic-auth-user', 'basic-auth-password'])
    t.is((await stat(join(folder, file))).mode & 0o777, 0o600);
  t.is(await readFile(join(folder, 'basic-auth-password'), 'utf8'), made.password);
});

test('given credentials are trimmed; a missing or empty file is named', async (t) => {
  const folder = await temporaryFolder(t);
  await t.throwsAsync(readCredentials(folder), { message: /basic-auth-user .*basic_auth=false/ });
  await writeFile(join(folder, 'basic-auth-user'), 'ada\n');
  await writeFile(join(folder, 'basic-auth-password'), '\n');
  await t.throwsAsync(readCredentials(folder), { message: /basic-auth-password is empty/ });
  await writeFile(join(folder, 'basic-auth-password'), ' secret \n');
  t.deepEqual(await readCredentials(folder), { user: 'ada', password: 'secret' });
});
