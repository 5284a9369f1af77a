import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CliOptions, type Finished, run } from '../harness/platform.ts';

/** Somebody who works with faas-cli, with a home and a project for himself. Dispose of him, and both are gone. */
export class CliUser implements AsyncDisposable {
  readonly home: string;
  readonly project: string;
  /** The gateway to use where no other one is said; at first one that nobody serves. */
  gateway = 'http://127.0.0.1:9';
  readonly #program: string;
  readonly #folder: string;

  private constructor(program: string, folder: string) {
    this.#program = program;
    this.#folder = folder;
    this.home = join(folder, 'home');
    this.project = join(folder, 'project');
  }

  /** @param program his faas-cli */
  static async create(program: string): Promise<CliUser> {
    const user = new CliUser(program, await mkdtemp(join(tmpdir(), 'dunlin-engines-')));
    for (const folder of [user.home, user.project]) await mkdir(folder);
    return user;
  }

  get environment(): Record<string, string> {
    return { HOME: this.home, DUNLIN_DATA: this.home, OPENFAAS_URL: this.gateway, NO_COLOR: '1' };
  }

  /** Runs it in the project, unless `cwd` says otherwise. */
  cli(args: readonly string[], options: CliOptions & { env?: Record<string, string> } = {}): Promise<Finished> {
    const env = { ...this.environment, ...options.env };
    return run([this.#program, ...args], { cwd: this.project, ...options, env });
  }

  /** What it prints. @throws Error with all of that, when it fails */
  async succeed(...[args, options]: Parameters<CliUser['cli']>): Promise<string> {
    const { code, stdout, stderr } = await this.cli(args, options);
    if (code !== 0) throw new Error(`faas-cli ${args.join(' ')}: ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}
