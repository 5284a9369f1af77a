import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { promisify, stripVTControlCharacters } from 'node:util';
import test from 'ava';
import { Project } from './testing/project.ts';

const testIf = (shell: string) => (spawnSync(shell, ['-c', 'true']).status === 0 ? test : test.skip);

test('bash completes commands, their subcommands and flags with the printed script', async (t) => {
  await using project = await Project.create();
  await project.write({ 'completion.sh': (await project.run(['completion', '--shell', 'bash'])).stdout });
  const complete = async (...words: string[]) => {
    const script = `. ./completion.sh; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _faas_cli; echo "\${COMPREPLY[@]}"`;
    const { stdout } = await promisify(execFile)('bash', ['-c', script, 'bash', ...words], { cwd: project.folder });
    return stdout.trim();
  };
  t.is(await complete('faas-cli', 'de'), 'deploy describe dev');
  t.is(await complete('faas-cli', 'secret', 'cr'), 'create');
  t.is(await complete('faas-cli', 'template', 'store', 'pu'), 'pull');
  t.is(await complete('faas-cli', 'deploy', '--up'), '--update');
  t.regex((await project.run(['completion', '--shell', 'csh'])).stderr, /^--shell must be one of bash, zsh, fish/);
});

testIf('fish')('fish completes with the printed script, and tells "template store" from "store"', async (t) => {
  await using project = await Project.create();
  await project.write({ 'completion.fish': (await project.run(['completion', '--shell', 'fish'])).stdout });
  const complete = async (line: string) => {
    const { stdout } = await promisify(execFile)('fish', ['-c', 'source completion.fish; complete -C $argv', line], {
      cwd: project.folder,
      env: { PATH: process.env.PATH, HOME: project.home },
    });
    return stdout
      .trim()
      .split('\n')
      .map((found) => found.split('\t')[0]);
  };
  t.deepEqual(await complete('faas-cli de'), ['deploy', 'describe', 'dev']);
  t.deepEqual(await complete('faas-cli store '), ['deploy', 'describe', 'list', 'search']);
  t.deepEqual(await complete('faas-cli template store '), ['describe', 'list', 'pull']);
  t.deepEqual(await complete('faas-cli build --no-c'), ['--no-cache']);
});

testIf('zsh')('zsh, at a terminal, completes with the printed script, which leaves PATH as it is', async (t) => {
  await using project = await Project.create();
  await project.write({ 'completion.zsh': (await project.run(['completion', '--shell', 'zsh'])).stdout });
  const child = spawn('script', ['-qec', 'zsh -f -i', '/dev/null'], {
    cwd: project.folder,
    env: { PATH: process.env.PATH, HOME: project.home, TERM: 'dumb', PS1: '> ' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  let screen = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
  /** Types, and resolves once the screen ends as wished. */
  const type = async (keys: string, end: RegExp) => {
    child.stdin.write(keys);
    while (!end.test(stripVTControlCharacters(screen))) await once(child.stdout, 'data');
  };
  await type('autoload -Uz compinit; compinit -D; source ./completion.zsh; PS1="%% "\n', /% $/);
  await type('faas-cli secret cr\t', /faas-cli secret create $/);
  await type('\u0015faas-cli build --no-c\t', /faas-cli build --no-cache $/);
  await type('\u0015faas-cli template store pu\t', /faas-cli template store pull $/);
  await type('\u0015echo $PATH\n', /\/bin/);
  t.pass();
});
