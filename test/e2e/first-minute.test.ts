import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Platform, replicaProcesses, root, run, startPlatform } from '../harness/platform.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';

/** The newcomer's line: `faas-cli new --lang LANG hello && faas-cli up && echo Ada | faas-cli invoke hello`. */
async function newcomer(t: ExecutionContext, platform: Platform, lang: string): Promise<void> {
  const cwd = await temporaryFolder(t);
  const name = `hello-${lang}`;
  const made = await platform.cli(['new', '--lang', lang, name], { cwd });
  t.is(made.code, 0, made.stderr);
  const up = await platform.cli(['up'], { cwd });
  t.is(up.code, 0, up.stdout + up.stderr);
  const answer = await platform.cli(['invoke', name], { cwd, input: 'Ada\n' });
  t.is(answer.code, 0, answer.stderr);
  t.regex(answer.stdout, /Hello, Ada!/);
}

test('npm start greets a newcomer with a function that was really called, and Ctrl-C leaves nothing', async (t) => {
  const platform = await startPlatform();
  t.teardown(() => platform[Symbol.asyncDispose]());
  const { greeting, url } = platform;
  t.true(greeting.includes(url), greeting);
  t.true(greeting.includes('figlet'), greeting);
  t.true(greeting.includes(join(root, 'bin/faas-cli')), greeting);
  t.regex(greeting, /faas-cli login .*--password-stdin/);
  t.regex(greeting, /_{3,}|#{3,}|\|_/, 'the figlet answer is shown');

  const { passwordFile } = JSON.parse(await readFile(join(platform.dataDir, 'gateway.json'), 'utf8'));
  t.is((await stat(passwordFile)).mode & 0o777, 0o600);
  t.false(greeting.includes((await readFile(passwordFile, 'utf8')).trim()), 'the password itself is not printed');

  t.true(replicaProcesses(platform.dataDir).size > 0);
  t.is(await platform.stop(), 0);
  t.is(replicaProcesses(platform.dataDir).size, 0);
});

test('a gateway whose output nobody reads any more still stops without leaving a process', async (t) => {
  const platform = await startPlatform();
  t.teardown(() => platform[Symbol.asyncDispose]());
  platform.closeOutput();
  t.is((await platform.call('figlet', { method: 'POST', body: 'Ada' })).status, 200);
  t.is(await platform.stop(), 0);
  t.is(replicaProcesses(platform.dataDir).size, 0);
});

for (const lang of ['typescript', 'javascript', 'python3', 'bash', 'node']) {
  test(`new, up and invoke answer for ${lang}`, async (t) => {
    await using platform = await startPlatform();
    await newcomer(t, platform, lang);
  });
}

test('a second gateway on the same folder, a taken port and an unwritable folder: one clear line each', async (t) => {
  await using platform = await startPlatform();
  const start = (...args: string[]) => run(['sh', join(root, 'tools/node'), join(root, 'gateway/main.ts'), ...args]);
  const second = await start('--port', '0', '--metrics-port', '0', '--data', platform.dataDir);
  const elsewhere = await temporaryFolder(t);
  const taken = await start('--port', new URL(platform.url).port, '--metrics-port', '0', '--data', elsewhere);
  const unwritable = await start('--port', '0', '--metrics-port', '0', '--data', '/proc/dunlin');
  for (const [finished, words] of [
    [second, new RegExp(`${platform.dataDir}.*${platform.pid}|${platform.pid}.*${platform.dataDir}`)],
    [taken, new RegExp(new URL(platform.url).port)],
    [unwritable, /\/proc\/dunlin/],
  ] as const) {
    t.is(finished.code, 1);
    t.regex(finished.stderr, words);
    t.is(finished.stderr.trim().split('\n').length, 1, finished.stderr);
  }
});
