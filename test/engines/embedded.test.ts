import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { encode } from '../../store/image-resize/codec.ts';
import { buildExecutable, openTerminal } from '../harness/executable.ts';
import { type Platform, replicaProcesses, root, startPlatform } from '../harness/platform.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { CTRL_C, CTRL_D, type Terminal } from '../harness/terminal.ts';
import { installPrograms, type Program } from './apt.ts';

/** The Debian packages that a template's bundle needs, beside Node; `npm test` skips what is not there, this does not. */
const TOOLCHAINS: Readonly<Record<string, Program>> = {
  go: { command: 'go', packages: ['golang-go'] },
  java: { command: 'javac', packages: ['default-jdk-headless'] },
  perl: { command: 'perl', packages: ['perl'] },
  php: { command: 'php', packages: ['php-cli'] },
  python3: { command: '/usr/bin/python3', packages: ['python3', 'python3-pip'] },
  ruby: { command: 'ruby', packages: ['ruby'] },
  rust: { command: 'cargo', packages: ['cargo', 'rustc'] },
};
const KILLS = process.env.DUNLIN_FULL === '1' ? 50 : 5;

const templates = readdirSync(join(root, 'templates')).filter((name) =>
  statSync(join(root, 'templates', name)).isDirectory(),
);

let platform: Platform;
test.before(async () => {
  installPrograms(Object.values(TOOLCHAINS));
  buildExecutable();
  platform = await startPlatform({ args: ['--no-sample'] });
});
test.after.always(() => platform?.[Symbol.asyncDispose]());

/** Whole enough for every reader, which finds the objects by itself. */
const PDF = `%PDF-1.4
1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj
2 0 obj << /Type /Pages /Count 1 /Kids [3 0 R] >> endobj
3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R
  /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >> endobj
4 0 obj << /Length 42 >> stream
BT /F1 24 Tf 72 720 Td (Hello, Ada!) Tj ET
endstream endobj
trailer << /Root 1 0 R >>
%%EOF
`;

/** One in an empty folder. */
const terminalOf = async (t: ExecutionContext, { environment } = platform): Promise<Terminal> =>
  openTerminal(t, await temporaryFolder(t), environment);

for (const template of templates.filter((name) => name !== 'dockerfile'))
  test.serial(`${template}, at a terminal: new, build, push, deploy, invoke, logs, remove`, async (t) => {
    const terminal = await terminalOf(t);
    const name = `hello-${template}`;
    t.regex(await terminal.succeed(`faas-cli new --lang ${template} ${name}`), /^Function created in folder: hello-/);
    t.regex(await terminal.succeed('faas-cli build'), new RegExp(`< Building ${name} done in .*\n\nTotal build time:`));
    t.regex(await terminal.succeed('faas-cli push'), new RegExp(`< Pushing ${name} \\[${name}:latest\\] done in`));
    t.regex(
      await terminal.succeed('faas-cli deploy'),
      new RegExp(`Deployed. 202 Accepted.\nURL: .*/function/${name}\n`),
    );

    if (template === 'static') {
      t.regex(await terminal.succeed(`faas-cli invoke ${name} --method GET`), /<h1>Hello, world!/);
    } else {
      const asked = terminal.type(`faas-cli invoke ${name}\n`);
      await terminal.shows(/hit \(Control \+ D\) to stop\.\n/, asked);
      terminal.type(`Ada\n${CTRL_D}`);
      const { code, text } = await terminal.finished(asked);
      t.is(code, 0, text);
      t.regex(text, /Hello, Ada!/);
    }

    // It goes on with new lines, until Ctrl-C.
    const followed = terminal.type(`faas-cli logs ${name}\n`);
    await terminal.shows(/\n\d{4}-\d\d-\d\dT\S+ \S/, followed);
    terminal.type(CTRL_C);
    t.is((await terminal.finished(followed)).code, 130);

    t.regex(await terminal.succeed(`faas-cli remove ${name}`), /Removing old function\./);
    t.is((await platform.api(`/system/function/${name}`)).status, 404);
    t.is(replicaProcesses(platform.dataDir).size, 0);
  });

test.serial('the dockerfile template, which makes images only, is told so on the embedded engine', async (t) => {
  const terminal = await terminalOf(t);
  await terminal.run('faas-cli new --lang dockerfile plain');
  const { code, text } = await terminal.run('faas-cli up');
  t.is(code, 1);
  t.regex(text, /template dockerfile has no "bundle:" section .* cannot run on the embedded engine/i);
});

/** Each command of the README's console blocks that call faas-cli, and what it is said to print. */
function shownInReadme(file: string): readonly { readonly command: string; readonly output: string }[] {
  const blocks = [...readFileSync(join(root, file), 'utf8').matchAll(/```console\n([\s\S]*?)```/g)];
  const commands = blocks.flatMap(([, block]) => block!.split(/^\$ /m).slice(1));
  return commands
    .map((text) => ({ command: text.slice(0, text.indexOf('\n')), output: text.slice(text.indexOf('\n') + 1) }))
    .filter(({ command }) => !/^(git|npm|alias) /.test(command));
}

test.serial(
  "the terminal text in the README is what the commands print, but for times and the gateway's port",
  async (t) => {
    // A newcomer's: what another test has pushed need not be pushed again, and the output says so.
    await using fresh = await startPlatform({ args: ['--no-sample'] });
    const terminal = await terminalOf(t, fresh);
    const likeAnother = (text: string) =>
      text
        .replace(/\d+\.\d\ds/g, '0.00s')
        .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:8080')
        // Shown of what takes longer than a second: an upload, a start.
        .replace(/(?:\r[^\r\n]* MB)+\r *\r/g, '')
        .replace(/^Waiting until \S+ is ready, .*\n/gm, '');
    const shown = shownInReadme('README.md');
    t.is(shown.length, 5);
    for (const { command, output } of shown) {
      const { text } = await terminal.run(command);
      // "..." stands for what was shown before.
      const [start, end] = likeAnother(output).split(/^\.\.\.\n/m);
      const printed = likeAnother(text);
      if (end === undefined) t.is(printed, start!);
      else t.true(printed.startsWith(start!) && printed.endsWith(end), `${command}\n${text}`);
    }
    t.deepEqual(shownInReadme('README.zh-CN.md'), shown);
    await terminal.run('faas-cli remove hello');
  },
);

test.serial('store functions with packages of npm are built from source, and run in the watchdog', async (t) => {
  for (const name of ['image-resize', 'pdf-text']) {
    const { code, stdout, stderr } = await platform.cli(['store', 'deploy', name]);
    t.is(code, 0, stdout + stderr);
  }
  const body = Uint8Array.from(encode({ width: 40, height: 20, data: new Uint8Array(3200).fill(255) }, 'png', 0));
  const small = await platform.call('image-resize?width=10&format=jpeg', { method: 'POST', body });
  t.is(small.headers.get('x-image-size'), '10x5');
  t.deepEqual([...new Uint8Array(await small.arrayBuffer()).slice(0, 2)], [0xff, 0xd8]);
  const text = await platform.call('pdf-text', { method: 'POST', body: Uint8Array.from(Buffer.from(PDF)) });
  t.is(await text.text(), 'Hello, Ada!\n');
});

test.serial(
  `after each of ${KILLS} kills -9 of the gateway under calls every function answers, none runs twice`,
  async (t) => {
    const dataDir = await temporaryFolder(t);
    const names = ['figlet', 'nodeinfo', 'sha512sum'];
    let gateway = await startPlatform({ dataDir, args: ['--no-sample'] });
    t.teardown(() => gateway[Symbol.asyncDispose]());
    for (const name of names) t.is((await gateway.cli(['store', 'deploy', name])).code, 0);

    for (let kill = 0; kill < KILLS; kill++) {
      const running = gateway;
      const calling = new AbortController();
      const calls = names.map(async (name) => {
        while (!calling.signal.aborted)
          await running.call(name, { method: 'POST', body: 'Ada' }).catch(() => undefined);
      });
      // Between two kills something must be under way: a new revision, a new size.
      const change = gateway.api('/system/scale-function/figlet', {
        method: 'POST',
        body: { serviceName: 'figlet', replicas: (kill % 3) + 1 },
      });
      if (kill % 2 === 0) await change;
      await gateway.kill();
      calling.abort();
      await Promise.all([...calls, change.catch(() => undefined)]);

      gateway = await startPlatform({ dataDir, args: ['--no-sample'] });
      let wanted = 0;
      for (const name of names) {
        const answer = await gateway.call(name, { method: 'POST', body: 'Ada' });
        t.is(answer.status, 200, await answer.text());
        await gateway.until(name, ({ replicas, availableReplicas }) => replicas === availableReplicas);
        wanted += ((await (await gateway.api(`/system/function/${name}`)).json()) as { replicas: number }).replicas;
      }
      // Where the gateway died in the middle of a step down, those that are too many may still drain.
      const patience = AbortSignal.timeout(30_000);
      while (replicaProcesses(dataDir).size !== wanted && !patience.aborted) await setTimeout(50);
      t.is(replicaProcesses(dataDir).size, wanted);
    }
  },
);
