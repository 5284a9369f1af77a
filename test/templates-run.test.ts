import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { startTemplate } from './harness/template.ts';

/** The program that a template needs on the machine; Node is always there. */
const TOOLCHAINS: Readonly<Record<string, string>> = {
  typescript: 'sh',
  javascript: 'sh',
  node: 'sh',
  'node-express': 'sh',
  python3: '/usr/bin/python3',
  'python3-fork': '/usr/bin/python3',
  bash: 'bash',
  go: 'go',
  java: 'javac',
  rust: 'cargo',
  php: 'php',
  ruby: 'ruby',
  perl: 'perl',
};
const isInstalled = (program: string) => spawnSync('which', [program]).status === 0;

for (const [language, program] of Object.entries(TOOLCHAINS))
  (isInstalled(program) ? test : test.skip)(
    `${language}: the skeleton greets whoever calls it, as often as it is called, and ends with SIGTERM`,
    async (t) => {
      const { watchdog, call, log } = await startTemplate(t, language);
      for (const [body, greeting] of [
        ['Ada\n', 'Hello, Ada!\n'],
        ['Grace', 'Hello, Grace!\n'],
        ['', 'Hello, world!\n'],
      ] as const) {
        const answer = await call({ body });
        t.deepEqual([answer.status, answer.body], [200, greeting], log());
        t.is(answer.headers['content-type'], 'text/plain; charset=utf-8');
      }
      const exited = once(watchdog, 'exit');
      watchdog.kill('SIGTERM');
      t.deepEqual(await exited, [0, null], log());
    },
  );

test('static: the site is served, with its types', async (t) => {
  const { call } = await startTemplate(t, 'static');
  const page = await call({ method: 'GET' });
  t.is(page.status, 200);
  t.regex(page.body, /<h1>Hello, world!<\/h1>/);
  t.regex(page.headers['content-type'] ?? '', /^text\/html/);
  t.regex((await call({ method: 'GET', path: '/style.css' })).headers['content-type'] ?? '', /^text\/css/);
  t.is((await call({ method: 'GET', path: '/site.test.mjs' })).status, 404);
  t.not((await call({ method: 'GET', path: '/../site.test.mjs' })).status, 200);
});
