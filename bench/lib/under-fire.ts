import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Lane, type Tally } from './fuzz-lane.ts';
import { memoryMb } from './watchdog-process.ts';

const LANES = 8;
const SERVER = fileURLToPath(new URL('fuzz-server.ts', import.meta.url));
/** Where the gateway has the function of a lane. */
const GATEWAY_PREFIX = '/function/f0';

/** A relay behind our own server or node:http, or the whole gateway. */
export type Front = 'own' | 'node' | 'gateway';

export interface FireOptions {
  readonly runtime: string;
  readonly front: Front;
  /** Goes on until so many requests have been sent. */
  readonly requests: number;
  readonly seed: number;
  readonly log: (line: string) => void;
}

/**
 * Hostile bytes to a server, whose upstreams record what they get and answer as badly.
 *
 * @returns what happened, and the server's resident memory after the first tenth and at the end, in megabytes
 */
export async function underFire(options: FireOptions): Promise<Tally & { rssMb: readonly [number, number] }> {
  const { requests, seed, log } = options;
  const tally: Tally = { requests: 0, smuggled: 0, crashes: 0, unanswered: 0 };
  const server = await ServerUnderFire.start(options, tally);
  let warmMb = 0;
  let next = 0;
  const started = performance.now();
  await Promise.all(
    server.lanes.map(async (lane) => {
      while (tally.requests < requests) {
        const id = next++;
        await lane.runCase(seed * 1_000_003 + id, id);
        if (tally.requests >= requests / 10) warmMb ||= server.rssMb;
        if (id % 5000 === 0)
          log(`${id} cases, ${((performance.now() - started) / 1000).toFixed(0)} s, ${JSON.stringify(tally)}`);
      }
    }),
  );
  const rssMb = [warmMb, server.rssMb] as const;
  await server.stop();
  return { ...tally, rssMb };
}

/** The server as a process, with one port and one upstream per lane; started again, on other ports, when it dies. */
class ServerUnderFire {
  readonly lanes: Lane[] = [];
  readonly #runtime: string;
  readonly #front: Front;
  readonly #tally: Tally;
  readonly #log: (line: string) => void;
  #child: ChildProcess | undefined = undefined;
  #stopping = false;

  private constructor(runtime: string, front: Front, tally: Tally, log: (line: string) => void) {
    this.#runtime = runtime;
    this.#front = front;
    this.#tally = tally;
    this.#log = log;
  }

  static async start({ runtime, front, log }: FireOptions, tally: Tally): Promise<ServerUnderFire> {
    const server = new ServerUnderFire(runtime, front, tally, log);
    const prefix = front === 'gateway' ? GATEWAY_PREFIX : '';
    for (let i = 0; i < LANES; i++) server.lanes.push(await Lane.open(prefix, tally, log));
    await server.#spawn();
    return server;
  }

  get rssMb(): number {
    return memoryMb(this.#child!.pid!, 'VmRSS');
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child!;
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    for (const lane of this.lanes) lane.close();
  }

  /** @throws Error when it ends before it listens */
  async #spawn(): Promise<void> {
    const upstreamPorts = this.lanes.map((lane) => String(lane.upstreamPort));
    const child = spawn(this.#runtime, [SERVER, this.#front, ...upstreamPorts], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    const printed = createInterface(child.stdout);
    const [line] = await Promise.race([once(printed, 'line'), once(printed, 'close')]);
    if (line === undefined) throw new Error('the server ended before it listened');
    const ports = JSON.parse(line) as number[];
    for (const [index, lane] of this.lanes.entries()) lane.port = ports[index]!;
    child.once('exit', (code, signal) => {
      if (this.#stopping) return;
      this.#tally.crashes++;
      this.#log(`the server ended: ${code ?? signal}`);
      this.#spawn().catch((error: Error) => this.#log(error.message));
    });
  }
}
