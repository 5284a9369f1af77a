import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { temporaryFolder } from './harness/temporary-folder.ts';

const root = join(import.meta.dirname, '..', 'templates');
const languages = readdirSync(root).filter((name) => statSync(join(root, name)).isDirectory());

/** How a user runs a skeleton's own test; its README says so, word for word. */
const OWN_TEST: Readonly<Record<string, string>> = {
  typescript: 'node --test',
  javascript: 'node --test',
  node: 'node --test',
  'node-express': 'node --test',
  python3: 'python3 -m unittest',
  'python3-fork': 'python3 -m unittest',
  bash: 'bash handler.test.sh',
  go: 'go test ./...',
  java: 'sh test.sh',
  rust: 'cargo test',
  php: 'php handler_test.php',
  ruby: 'ruby handler_test.rb',
  perl: 'perl handler.t',
  static: 'node --test',
  dockerfile: 'sh handler.test.sh',
};
/** What a test needs beside the program that it begins with. */
const NEEDS: Readonly<Record<string, string>> = { java: 'javac' };
/** The system's Python: the first one on PATH may be a version manager's shim. */
const PROGRAMS: Readonly<Record<string, string>> = { node: process.execPath, python3: '/usr/bin/python3' };

const KEYS = ['language', 'fprocess', 'build_options', 'welcome_message', 'handler_folder', 'mount_ssh', 'bundle'];
const BUNDLE_KEYS = ['mode', 'process', 'entry', 'static_path', 'environment', 'install'];

interface Template {
  readonly language: string;
  readonly fprocess?: string;
  readonly handler_folder?: string;
  /** Absent where a template makes images only. */
  readonly bundle?: {
    readonly mode: string;
    readonly process?: string;
    readonly entry?: string;
    readonly static_path?: string;
    readonly environment?: Readonly<Record<string, unknown>>;
    readonly install?: readonly Readonly<Record<string, unknown>>[];
  };
}

const fileOf = (language: string, ...path: string[]) => readFileSync(join(root, language, ...path), 'utf8');
const templateOf = (language: string) => parse(fileOf(language, 'template.yml')) as Template;

test('every template has a test of its own that is run here', (t) => {
  t.deepEqual(languages.toSorted(), Object.keys(OWN_TEST).toSorted());
});

for (const language of languages) {
  test(`${language}: template.yml has known keys and says how to run a bundle`, (t) => {
    const template = templateOf(language);
    t.is(template.language, language);
    t.deepEqual(
      Object.keys(template).filter((key) => !KEYS.includes(key)),
      [],
    );
    const { bundle } = template;
    if (bundle === undefined) return t.is(language, 'dockerfile');
    t.deepEqual(
      Object.keys(bundle).filter((key) => !BUNDLE_KEYS.includes(key)),
      [],
    );
    t.is(bundle.process, template.fprocess);
    if (bundle.mode === 'module') t.true(existsSync(join(root, language, bundle.entry!)), bundle.entry);
    else if (bundle.mode === 'static') t.true(existsSync(join(root, language, bundle.static_path!)));
    else t.truthy(bundle.process);
    for (const value of Object.values(bundle.environment ?? {})) t.is(typeof value, 'string');
    for (const step of bundle.install ?? []) t.regex(Object.keys(step).join(), /^run,in(,when)?$/);
  });

  test(`${language}: the Dockerfile runs the same process in the same mode, not as root, with a health check`, (t) => {
    const { bundle = { mode: 'fork', process: 'sh handler.sh', environment: {} } } = templateOf(language);
    const dockerfile = fileOf(language, language === 'dockerfile' ? 'function/Dockerfile' : 'Dockerfile');
    const env = dockerfile.match(/^ENV .*$/gm)?.join('\n') ?? '';
    t.true(env.includes(`mode=${bundle.mode}`), env);
    if (bundle.process) t.true(env.includes(`fprocess="${bundle.process}"`), env);
    for (const [name, value] of Object.entries(bundle.environment ?? {}))
      if (name !== 'upstream_url') t.true(env.replaceAll('"', '').includes(`${name}=${value}`), `${name} in ${env}`);
    t.regex(
      dockerfile,
      /^ARG WATCHDOG=dunlin\/watchdog:latest\n(ARG [A-Z]+_IMAGE=\S+\n)+FROM \$\{WATCHDOG\} AS watchdog\n/,
    );
    // Whoever has other base images, or a mirror of them, says so by build arguments.
    for (const [, image] of dockerfile.matchAll(/^FROM (\S+)/gm)) t.regex(image!, /^\$\{(WATCHDOG|[A-Z]+_IMAGE)\}$/);
    t.regex(dockerfile, /^USER [1-9]\d*$/m);
    t.regex(dockerfile, /^HEALTHCHECK .*CMD \["fwatchdog", "-run-healthcheck"\]$/m);
    t.regex(dockerfile, /^CMD \["fwatchdog"\]$/m);
  });

  const command = OWN_TEST[language] ?? '';
  const [program, ...args] = command.split(' ') as [string, ...string[]];
  // Its toolchain is the user's choice; CI has them all.
  const needed = NEEDS[language] ?? PROGRAMS[program] ?? program;
  const run = spawnSync('which', [needed]).status === 0 ? test : test.skip;
  run(`${language}: the test that comes with the handler passes, run as the README says`, async (t) => {
    t.true(fileOf(language, 'README.md').includes(`\`${command}\``), command);
    t.true(fileOf(language, 'template.yml').includes(command), command);
    const folder = await temporaryFolder(t);
    cpSync(join(root, language, 'function'), folder, { recursive: true });
    const { status, stdout, stderr } = spawnSync(PROGRAMS[program] ?? program, args, {
      cwd: folder,
      // HOME, for the compilers' caches.
      env: { PATH: process.env.PATH, HOME: process.env.HOME, CGO_ENABLED: '0' },
      encoding: 'utf8',
    });
    t.is(status, 0, stdout + stderr);
    // A runner that finds no test is content too.
    t.regex(stdout + stderr, /greets|Ran [1-9]|[1-9] runs|^ok/m);
  });
}

test('files that hold a program are executable, so that a bundle and an image keep them so', (t) => {
  for (const language of languages)
    for (const file of readdirSync(join(root, language), { recursive: true, encoding: 'utf8' })) {
      const path = join(root, language, file);
      if (file.includes('node_modules') || !statSync(path).isFile()) continue;
      const isProgram = readFileSync(path, 'utf8').startsWith('#!');
      t.is((statSync(path).mode & 0o111) !== 0, isProgram, path);
    }
});
