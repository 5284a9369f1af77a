import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Random } from '../common/http/testing/random.ts';
import type { BenchOptions, BenchResult } from './bench.ts';
import { hostileRequests, randomAnswer } from './lib/fuzz-cases.ts';
import { type ReadRequest, readRequests } from './lib/fuzz-oracle.ts';

export const question = 'Does a hostile client or function get anything past the relay that was not sent, or stop it?';

const CASES_PER_RUN = 12_000;
/** Our own server, and node:http. */
const FRONTS = ['own', 'node'] as const;
type Front = (typeof FRONTS)[number];
const LANES = 8;
/** A call that was cut may still end at the upstream while the next cases run. */
const REMEMBERED_CASES = 64;
/**
 * How long an answer may take; then the case is over. Node drops what comes in one packet behind a request to upgrade
 * that nobody takes, so that some sound requests are never answered.
 */
const PATIENCE_MS = 1000;
const BUN = fileURLToPath(new URL('../node_modules/@oven/bun-linux-x64/bin/bun', import.meta.url));
const SERVER = fileURLToPath(new URL('lib/fuzz-server.ts', import.meta.url));

/** What went wrong, and how often. */
interface Tally {
  requests: number;
  /** Requests or answers that a strict reader does not find in what was sent. */
  smuggled: number;
  crashes: number;
  /** Broken requests that got neither an answer nor a close. */
  unanswered: number;
}

/** Hostile bytes through the relay, on Node and Bun, behind both servers; the upstream records and answers as badly. */
export async function run({ seed, log }: BenchOptions): Promise<BenchResult> {
  const tally: Tally = { requests: 0, smuggled: 0, crashes: 0, unanswered: 0 };
  const runtimes = existsSync(BUN) ? [process.execPath, BUN] : [process.execPath];
  for (const [runtime, front] of runtimes.flatMap((each) => FRONTS.map((front) => [each, front] as const))) {
    const relays = await RelayUnderFire.start(runtime, front, tally, log);
    let next = 0;
    const started = performance.now();
    await Promise.all(
      relays.lanes.map(async (lane) => {
        while (next < CASES_PER_RUN) {
          const id = next++;
          await lane.runCase(seed * 1_000_003 + id, id);
          if (id % 5000 === 0)
            log(`${id} cases, ${((performance.now() - started) / 1000).toFixed(0)} s, ${JSON.stringify(tally)}`);
        }
      }),
    );
    await relays.stop();
  }
  return { figures: { ...tally } };
}

/** What a lane has sent, and what of it the upstream has not got yet. */
interface Case {
  readonly id: number;
  readonly text: string;
  readonly requests: ReadRequest[];
}

/** The relay as a process, with one upstream per lane; started again when it dies. */
class RelayUnderFire {
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

  static async start(
    runtime: string,
    front: Front,
    tally: Tally,
    log: (line: string) => void,
  ): Promise<RelayUnderFire> {
    const relays = new RelayUnderFire(runtime, front, tally, log);
    for (let i = 0; i < LANES; i++) relays.lanes.push(await Lane.open(tally, log));
    relays.#spawn();
    for (const lane of relays.lanes) await lane.untilListening();
    return relays;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child!;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
    for (const lane of this.lanes) lane.close();
  }

  #spawn(): void {
    const pairs = this.lanes.map((lane) => `${lane.port}:${lane.upstreamPort}`);
    this.#child = spawn(this.#runtime, [SERVER, this.#front, ...pairs], { stdio: ['ignore', 'ignore', 'inherit'] });
    this.#child.once('exit', (code, signal) => {
      if (this.#stopping) return;
      this.#tally.crashes++;
      this.#log(`the relay ended: ${code ?? signal}`);
      this.#spawn();
    });
  }
}

/** One client and one upstream that talk through the relay, one case after the other. */
class Lane {
  readonly port: number;
  readonly upstreamPort: number;
  readonly #tally: Tally;
  readonly #log: (line: string) => void;
  readonly #upstream: Server;
  #random = new Random(0);
  /** What may still arrive, of this case and, late, of the ones before. */
  #expected: Case[] = [];

  private constructor(port: number, upstream: Server, tally: Tally, log: (line: string) => void) {
    this.port = port;
    this.#upstream = upstream;
    this.upstreamPort = portOf(upstream);
    this.#tally = tally;
    this.#log = log;
    upstream.on('connection', (socket) => this.#onUpstreamConnection(socket));
  }

  static async open(tally: Tally, log: (line: string) => void): Promise<Lane> {
    const upstream = await listening();
    const reserved = await listening();
    const port = portOf(reserved);
    reserved.close();
    return new Lane(port, upstream, tally, log);
  }

  close(): void {
    this.#upstream.close();
  }

  async untilListening(): Promise<void> {
    for (;;) {
      const open = await new Promise<boolean>((resolve) => {
        const socket = connect(this.port, '127.0.0.1', () => {
          socket.destroy();
          resolve(true);
        });
        socket.once('error', () => setTimeout(resolve, 20, false));
      });
      if (open) return;
    }
  }

  async runCase(seed: number, id: number): Promise<void> {
    const random = new Random(seed);
    this.#random = random;
    const text = hostileRequests(random, id);
    const read = readRequests(text);
    this.#expected.unshift({ id, text, requests: [...read.requests] });
    this.#expected.length = Math.min(this.#expected.length, REMEMBERED_CASES);
    const whole = read.requests.filter((request) => request.whole).length;
    // What was cut off is rightly waited for; a folded trailer and HTTP/2's preface look cut off.
    const isBroken = read.fault !== undefined && read.fault !== 'trailer' && read.fault !== 'preface';
    const answers = whole + (isBroken ? 1 : 0);
    this.#tally.requests += Math.max(1, answers);
    const socket = connect(this.port, '127.0.0.1');
    socket.setNoDelay(true);
    socket.on('error', () => {});
    let received = '';
    let closed = false;
    const { promise, resolve } = Promise.withResolvers<void>();
    let isDone = (): boolean => closed;
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (isDone()) resolve();
    });
    socket.on('close', () => {
      closed = true;
      resolve();
    });
    isDone = () => closed || (received.match(/HTTP\/1\.1 [2-5]\d\d /g)?.length ?? 0) >= answers;
    for (const piece of random.cut(text, random.int(1, 4))) {
      socket.write(piece, 'latin1');
      if (random.chance(0.5)) await new Promise((turned) => setImmediate(turned));
    }
    const patience = setTimeout(
      () => {
        if (isBroken && !closed && received === '') this.#complain('unanswered', `${read.fault}`);
        resolve();
      },
      isBroken || (whole > 0 && whole === read.requests.length) ? PATIENCE_MS : 5,
    );
    if (!isDone() || answers === 0) await promise;
    clearTimeout(patience);
    socket.destroy();
    for (const [, owner] of received.matchAll(/MARK-(\d+)=\1=/g))
      if (!text.includes(`/f/${owner}/`)) this.#complain('smuggled', `case ${id} got an answer of case ${owner}`);
  }

  #onUpstreamConnection(socket: Socket): void {
    let pending = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1');
      const { requests, fault, consumed } = readRequests(pending);
      if (fault !== undefined) {
        this.#complain(
          'smuggled',
          `the upstream got a broken request (${fault}): ${JSON.stringify(pending.slice(0, 300))}`,
        );
        socket.destroy();
        return;
      }
      pending = pending.slice(consumed);
      for (const request of requests)
        if (request.whole) {
          this.#check(request);
          this.#answer(socket, request);
        }
    });
    socket.on('close', () => {
      for (const request of readRequests(pending).requests) this.#check(request);
      pending = '';
    });
  }

  /** Counts `request` unless it was sent, and once only. */
  #check(request: ReadRequest): void {
    for (const { requests } of this.#expected) {
      const at = requests.findIndex((candidate) => isSame(request, candidate));
      if (at !== -1) {
        requests.splice(at, 1);
        return;
      }
    }
    this.#complain('smuggled', `the upstream got ${JSON.stringify(request).slice(0, 300)}`);
  }

  #answer(socket: Socket, request: ReadRequest): void {
    const id = /\/f\/(\d+)\//.exec(request.target)?.[1];
    const { text, closes } = randomAnswer(this.#random, id === undefined ? 'MARK' : `MARK-${id}=${id}=`);
    if (text !== '') socket.write(text, 'latin1');
    if (closes) socket.end();
  }

  #complain(what: 'smuggled' | 'unanswered', why: string): void {
    this.#tally[what]++;
    if (this.#tally[what] > 20) return;
    const id = Number(/\/f\/(\d+)\//.exec(why)?.[1] ?? this.#expected[0]!.id);
    const sent = this.#expected.find((candidate) => candidate.id === id)?.text ?? 'something long ago';
    this.#log(`${what}: ${why}\n  case ${id} of ${this.#expected[0]!.id} sent ${JSON.stringify(sent.slice(0, 1500))}`);
  }
}

/** Whether the upstream's request is this one: the absolute form becomes the origin form, a body may be cut. */
function isSame(got: ReadRequest, sent: ReadRequest): boolean {
  if (got.method !== sent.method || got.target !== sent.target.replace(/^[a-z]+:\/\/[^/?]*(?=\/)/i, '')) return false;
  return got.whole ? sent.whole && got.body === sent.body : sent.body.startsWith(got.body);
}

async function listening(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function portOf(server: Server): number {
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : 0;
}
