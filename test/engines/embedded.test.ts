import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { type Platform, replicaProcesses, root, startPlatform } from '../harness/platform.ts';

/** The Debian packages that a template's bundle needs, beside Node; `npm test` skips what is not there, this does not. */
const TOOLCHAINS: Readonly<Record<string, { readonly command: string; readonly packages: readonly string[] }>> = {
  go: { command: 'go', packages: ['golang-go'] },
  java: { command: 'javac', packages: ['default-jdk-headless'] },
  perl: { command: 'perl', packages: ['perl'] },
  php: { command: 'php', packages: ['php-cli'] },
  python3: { command: '/usr/bin/python3', packages: ['python3', 'python3-pip'] },
  ruby: { command: 'ruby', packages: ['ruby'] },
  rust: { command: 'cargo', packages: ['cargo', 'rustc'] },
};
/** Makes images only. */
const WITHOUT_BUNDLE = ['dockerfile'];
const KILLS = process.env.DUNLIN_FULL === '1' ? 50 : 5;

const templates = readdirSync(join(root, 'templates'))
  .filter((name) => statSync(join(root, 'templates', name)).isDirectory())
  .filter((name) => !WITHOUT_BUNDLE.includes(name));

function installToolchains(): void {
  const missing = Object.values(TOOLCHAINS).filter(({ command }) => spawnSync('which', [command]).status !== 0);
  if (missing.length === 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...missing.flatMap(({ packages }) => packages)];
  for (const args of [['update', '-qq'], install]) {
    const { status, stderr } = spawnSync('apt-get', args, { env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`apt-get ${args[0]} failed, so not every template can be tested:\n${stderr}`);
  }
}

let platform: Platform;
test.before(async () => {
  installToolchains();
  platform = await startPlatform({ args: ['--no-sample'] });
});
test.after.always(() => platform?.[Symbol.asyncDispose]());

for (const template of templates) {
  test.serial(`${template}: new, up, invoke, logs, remove`, async (t) => {
    const cwd = await mkdtemp(join(tmpdir(), 'dunlin-engines-'));
    t.teardown(() => rm(cwd, { recursive: true, force: true }));
    const name = `hello-${template}`;
    const cli = async (args: string[], input = ''): Promise<string> => {
      const { code, stdout, stderr } = await platform.cli(args, { cwd, input });
      t.is(code, 0, `faas-cli ${args.join(' ')}\n${stdout}${stderr}`);
      return stdout;
    };
    await cli(['new', '--lang', template, name]);
    await cli(['up']);
    if (template === 'static') t.is((await platform.call(name)).status, 200);
    else t.regex(await cli(['invoke', name], 'Ada\n'), /Hello, Ada!/);
    t.regex(await cli(['logs', name, '--tail=false']), /\S/);
    await cli(['remove', name]);
    t.is((await platform.api(`/system/function/${name}`)).status, 404);
    t.is(replicaProcesses(platform.dataDir).size, 0);
  });
}

test.serial(
  `after each of ${KILLS} kills -9 of the gateway under calls every function answers, none runs twice`,
  async (t) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'dunlin-'));
    t.teardown(() => rm(dataDir, { recursive: true, force: true }));
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
      t.is(replicaProcesses(dataDir).size, wanted);
    }
  },
);
