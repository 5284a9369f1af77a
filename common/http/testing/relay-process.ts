// Runs relay-server.ts as a process, on node:http or on our own server, on Node or on Bun: the same checks are made on all.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Address } from '../upstream.ts';
import { connectRaw, type RawPeer } from './raw-peer.ts';

const BUN = fileURLToPath(new URL('../../../node_modules/@oven/bun-linux-x64/bin/bun', import.meta.url));
const SERVER = fileURLToPath(new URL('relay-server.ts', import.meta.url));

/** Program and arguments, by what the titles of tests call it. */
const COMMANDS = {
  'node:http': [process.execPath, SERVER, 'node:http'],
  node: [process.execPath, SERVER, 'ours'],
  bun: [BUN, SERVER, 'ours'],
} as const;

export type Runtime = keyof typeof COMMANDS;

/** Those that this machine has. */
export const RUNTIMES: readonly Runtime[] = existsSync(BUN) ? ['node:http', 'node', 'bun'] : ['node:http', 'node'];

/** What a case asks of the relay server. */
export interface CaseOptions {
  /** Where calls go, one after the other while they may be retried. */
  readonly upstreams: readonly Address[];
  readonly timeoutMs?: number;
  readonly timeoutExemptStreams?: boolean;
  readonly addRequestHeaders?: readonly string[];
  readonly answerHeaders?: readonly string[];
  readonly hostHeader?: string;
  readonly idleTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
}

/** A relay's outcome as the server printed it. */
export interface Outcome {
  readonly kind: string;
  readonly status?: number;
  readonly headSent?: boolean;
  readonly retryable?: boolean;
  readonly requestBytes: number;
  readonly answerBytes?: number;
  readonly answerHeaders?: readonly string[];
  readonly error?: { readonly kind: string; readonly reused: boolean; readonly message: string };
}

interface Line {
  readonly id: string;
  readonly event: 'ready' | 'outcome' | 'stats';
  readonly outcome?: Outcome;
  readonly stats?: { readonly inFlight: number; readonly idleSockets: number };
}

/** The relay server of one test file; each test registers a case, which has its own upstreams. */
export class RelayProcess {
  readonly #child: ChildProcess;
  readonly #lines: Line[] = [];
  #waiting: (() => void)[] = [];
  #port = 0;
  #cases = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(runtime: Runtime): Promise<RelayProcess> {
    const [program, ...args] = COMMANDS[runtime];
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
    });
    const relays = new RelayProcess(child);
    const lines = createInterface({ input: child.stdout! });
    const [first] = await once(lines, 'line');
    relays.#port = Number(first);
    lines.on('line', (line) => relays.#onLine(JSON.parse(line)));
    return relays;
  }

  /** Registers a case. Requests for it have targets under `/ID`, which is cut off before they are relayed. */
  async open(options: CaseOptions): Promise<RelayCase> {
    const id = `c${++this.#cases}`;
    this.send({ id, open: options });
    await this.next(id, 'ready');
    return new RelayCase(this, id);
  }

  send(command: object): void {
    this.#child.stdin!.write(`${JSON.stringify(command)}\n`);
  }

  connect(): Promise<RawPeer> {
    return connectRaw({ host: '127.0.0.1', port: this.#port });
  }

  async next(id: string, event: Line['event']): Promise<Line> {
    for (;;) {
      const at = this.#lines.findIndex((line) => line.id === id && line.event === event);
      if (at !== -1) return this.#lines.splice(at, 1)[0]!;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    }
  }

  /** Ends the process; it must have lived. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) throw new Error(`the relay server exited with ${this.#child.exitCode}`);
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  #onLine(line: Line): void {
    this.#lines.push(line);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** One test's part of the relay server. */
export class RelayCase {
  readonly #relays: RelayProcess;
  readonly #id: string;

  constructor(relays: RelayProcess, id: string) {
    this.#relays = relays;
    this.#id = id;
  }

  /** The target to ask for so that the upstream is asked for `target`. */
  path(target: string): string {
    return `/${this.#id}${target}`;
  }

  /** A connection of a client, on which `text` has been sent with `{/...}` put under the case's path. */
  async client(text: string): Promise<RawPeer> {
    const peer = await this.#relays.connect();
    await peer.write(this.text(text));
    return peer;
  }

  /** `{/a}` becomes the case's own target for `/a`. */
  text(text: string): string {
    return text.replaceAll(/\{(\/[^}]*)\}/g, (_all, target: string) => this.path(target));
  }

  /** The next call's outcome; every attempt has one. */
  async outcome(): Promise<Outcome> {
    return (await this.#relays.next(this.#id, 'outcome')).outcome!;
  }

  async stats(): Promise<{ readonly inFlight: number; readonly idleSockets: number }> {
    this.#relays.send({ id: this.#id, stats: true });
    return (await this.#relays.next(this.#id, 'stats')).stats!;
  }

  /** Aborts the call under way. */
  abort(): void {
    this.#relays.send({ id: this.#id, abort: true });
  }
}
