import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { runCli } from '../cli.ts';
import type { Output, Surroundings } from '../context.ts';

export const root = join(import.meta.dirname, '../..');

const bunPackage = process.arch === 'arm64' ? 'bun-linux-aarch64' : 'bun-linux-x64';
export const bundler = { program: join(root, 'node_modules/@oven', bunPackage, 'bin/bun'), env: {} };

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Called with each chunk of stdout. */
  readonly onStdout?: (text: string) => void;
  readonly onStderr?: (text: string) => void;
  readonly surroundings?: Partial<Surroundings>;
}

/** An empty folder to work in, with a home of its own, and faas-cli run inside this process. */
export class Project implements AsyncDisposable {
  readonly folder: string;
  readonly home: string;
  /** For each run. */
  readonly env: Record<string, string> = {};

  constructor(base: string) {
    this.folder = join(base, 'project');
    this.home = join(base, 'home');
  }

  static async create(files: Readonly<Record<string, string>> = {}): Promise<Project> {
    const project = new Project(await mkdtemp(join(tmpdir(), 'faas-cli-test-')));
    await mkdir(project.folder);
    await mkdir(project.home);
    await project.write(files);
    return project;
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(this.path(name)), { recursive: true });
      // At once: who watches the file would else see it empty, and take that for a change of its own.
      writeFileSync(this.path(name), text);
    }
  }

  /** Runs git in it, as somebody. */
  git(...args: readonly string[]): string {
    const who = ['-c', 'user.name=a', '-c', 'user.email=a@b'];
    return execFileSync('git', [...who, ...args], { cwd: this.folder, encoding: 'utf8' }).trim();
  }

  async run(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const stdout = new Collected(options.onStdout);
    const stderr = new Collected(options.onStderr);
    const code = await runCli(argv, {
      stdin: Readable.from(options.input === undefined ? [] : [Buffer.from(options.input)]),
      stdout,
      stderr,
      env: {
        PATH: process.env.PATH,
        HOME: this.home,
        DUNLIN_DATA: join(this.home, 'data'),
        ...this.env,
        ...options.env,
      },
      cwd: this.folder,
      signal: options.signal ?? new AbortController().signal,
      machine: { home: this.home, platform: 'linux', arch: 'x64', uid: process.getuid?.() },
      assets: () => root,
      watchdog: join(root, `dist/fwatchdog-linux-${process.arch}`),
      bundler,
      ...options.surroundings,
    });
    return { code, stdout: stdout.text, stderr: stderr.text };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(dirname(this.folder), { recursive: true, force: true });
  }
}

class Collected extends Writable implements Output {
  text = '';
  readonly #onText: ((text: string) => void) | undefined;
  constructor(onText?: (text: string) => void) {
    super({ decodeStrings: false });
    this.#onText = onText;
  }
  override _write(chunk: Buffer | string, _encoding: BufferEncoding, done: () => void): void {
    const text = chunk.toString();
    this.text += text;
    this.#onText?.(text);
    done();
  }
}

/** A stack file for one function, `hello`. */
export const stackOf = (gateway: string, more = ''): string =>
  `version: 1.0
provider:
  name: openfaas
  gateway: ${gateway}
functions:
  hello:
    lang: tiny
    handler: ./hello
    image: hello:latest
${more}`;

/** The smallest project that builds: a template without a toolchain, and a handler. */
export const tinyProject = (gateway: string): Record<string, string> => ({
  'stack.yaml': stackOf(gateway),
  'template/tiny/template.yml':
    'language: tiny\nfprocess: sh run.sh\nbundle:\n  mode: fork\n  process: sh run.sh\n  environment: { greeting: hi }\n',
  'template/tiny/run.sh': 'exec sh function/handler.sh\n',
  'template/tiny/function/handler.sh': 'cat\n',
  'hello/handler.sh': 'tr a-z A-Z\n',
});
