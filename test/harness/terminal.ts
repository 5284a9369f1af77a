import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { cleanEnvironment } from './platform.ts';

/** What the shell shows when it waits; the exit code of the command before is in it. */
const PROMPT = /\[(\d+)\] \$ $/;
export const CTRL_C = '\u0003';
export const CTRL_D = '\u0004';

/** What a command left on the screen, between its echo and the next prompt. */
export interface Shown {
  readonly code: number;
  /** Lines end in `\n`; colours and cursor movements are left out. */
  readonly text: string;
}

/**
 * A shell on a terminal of its own, as `script` of util-linux makes one, in which a user types. The shell sees what a
 * person's shell would: programs find that stdin, stdout and stderr are a terminal.
 */
export class Terminal implements AsyncDisposable {
  readonly #shell: ChildProcess;
  readonly #ended: Promise<unknown>;
  #screen = '';
  #wake: () => void = () => {};

  /** @param shell what {@link Terminal.open} started */
  constructor(shell: ChildProcess) {
    this.#shell = shell;
    this.#ended = once(shell, 'close');
    shell.stdin!.on('error', () => undefined);
    shell.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#screen += text;
      this.#wake();
    });
    shell.on('close', () => this.#wake());
  }

  static async open(cwd: string, env: Readonly<Record<string, string>>): Promise<Terminal> {
    const { NO_COLOR, ...rest } = cleanEnvironment();
    // The prompt by env: a shell between takes it out of its environment.
    const bash = "exec env 'PS1=[$?] $ ' HISTFILE= bash --norc --noprofile --noediting";
    const shell = spawn('script', ['-qec', bash, '/dev/null'], {
      cwd,
      // One that draws: a dumb one gets no bars.
      env: { ...rest, TERM: 'xterm-256color', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const terminal = new Terminal(shell);
    await terminal.#until(PROMPT);
    // Made from a pipe, it has no size.
    await terminal.run('stty rows 40 columns 120');
    return terminal;
  }

  /** All that was ever shown, as the terminal got it. */
  get transcript(): string {
    return this.#screen;
  }

  /** Types a command line and waits for the next prompt. */
  async run(line: string): Promise<Shown> {
    const from = this.type(`${line}\n`);
    return this.finished(from);
  }

  /** The same, of a command that must succeed: what it showed. @throws Error with that, when it fails */
  async succeed(line: string): Promise<string> {
    const { code, text } = await this.run(line);
    if (code !== 0) throw new Error(`${line}: ${code}\n${text}`);
    return text;
  }

  /** Types, and returns where the screen ended before. */
  type(keys: string): number {
    const from = this.#screen.length;
    this.#shell.stdin!.write(keys);
    return from;
  }

  /** Resolves with what matches after `from`, once it does. @throws Error with the screen when the shell ends before */
  shows(pattern: RegExp, from: number): Promise<RegExpExecArray> {
    return this.#until(pattern, from);
  }

  /** Resolves at the next prompt with what the command typed at `from` showed. */
  async finished(from: number): Promise<Shown> {
    const prompt = await this.#until(PROMPT, from);
    const text = plain(this.#screen.slice(from));
    return { code: Number(prompt[1]), text: text.slice(text.indexOf('\n') + 1).replace(PROMPT, '') };
  }

  async #until(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(plain(this.#screen.slice(from)));
      if (match) return match;
      if (this.#shell.exitCode !== null || this.#shell.signalCode !== null)
        throw new Error(`the shell ended before it showed ${pattern}:\n${plain(this.#screen)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Hangs up, as when its window is closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#shell.kill('SIGKILL');
    await this.#ended;
  }
}

const plain = (text: string): string => stripVTControlCharacters(text).replaceAll('\r\n', '\n');
