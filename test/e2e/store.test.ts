import { createHash } from 'node:crypto';
import test from 'ava';
import { type Platform, startPlatform } from '../harness/platform.ts';

let platform: Platform;
test.before(async () => {
  platform = await startPlatform({ args: ['--no-sample'] });
});
test.after.always(() => platform?.[Symbol.asyncDispose]());

/** Deploys a function of the store from its source, and calls it with this body. */
async function answerOf(name: string, body: string): Promise<{ status: number; text: string }> {
  const { code, stdout, stderr } = await platform.cli(['store', 'deploy', name]);
  if (code !== 0) throw new Error(stdout + stderr);
  const answer = await platform.call(name, { method: 'POST', body });
  return { status: answer.status, text: await answer.text() };
}

test('figlet, in module mode, draws', async (t) => {
  const { status, text } = await answerOf('figlet', 'Hi');
  t.is(status, 200);
  t.is(text.trimEnd(), ['#   # #', '#   #', '##### #', '#   # #', '#   # #'].join('\n'));
});

test('nodeinfo, in http mode, tells about its own Node process', async (t) => {
  const { status, text } = await answerOf('nodeinfo', 'verbose');
  t.is(status, 200);
  const info = JSON.parse(text) as { memory: { total: number } };
  t.true(info.memory.total > 0);
});

test('sha512sum, in fork mode, digests the body', async (t) => {
  const body = 'Ada\n'.repeat(100_000);
  const { status, text } = await answerOf('sha512sum', body);
  t.is(status, 200);
  t.is(text.split(' ')[0], createHash('sha512').update(body).digest('hex'));
});
