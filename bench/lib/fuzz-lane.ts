import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Random } from '../../common/http/testing/random.ts';
import { API_PATHS, hostileRequests, randomAnswer } from './fuzz-cases.ts';
import { type ReadRequest, readRequests } from './fuzz-oracle.ts';

/** A call that was cut may still end at the upstream while the next cases run; on a busy machine these are many. */
const REMEMBERED_CASES = 1024;
/**
 * How long an answer may take; then the case is over. Node drops what comes in one packet behind a request to upgrade
 * that nobody takes, so that some sound requests are never answered.
 */
const PATIENCE_MS = 1000;
/** How long nobody may say anything to a broken request: only a fault lasts so long, also on a busy machine. */
const SILENCE_MS = 30_000;
/** For requests that were cut off, which are rightly waited for. */
const GLANCE_MS = 5;

/** What went wrong, and how often. */
export interface Tally {
  requests: number;
  /** Requests or answers that a strict reader does not find in what was sent. */
  smuggled: number;
  crashes: number;
  /** Broken requests that got neither an answer nor a close. */
  unanswered: number;
}

/** What a lane has sent, and what of it the upstream has not got yet. */
interface Case {
  readonly id: number;
  readonly text: string;
  readonly requests: ReadRequest[];
}

/** One client and one upstream that talk through the server, one case after the other. */
export class Lane {
  /** Where the server listens for it. */
  port = 0;
  readonly upstreamPort: number;
  /** Of all targets; the server takes it off. */
  readonly #prefix: string;
  readonly #tally: Tally;
  readonly #log: (line: string) => void;
  readonly #upstream: Server;
  #random = new Random(0);
  /** What may still arrive, of this case and, late, of the ones before. */
  #expected: Case[] = [];

  private constructor(upstream: Server, prefix: string, tally: Tally, log: (line: string) => void) {
    this.#prefix = prefix;
    this.#upstream = upstream;
    this.upstreamPort = (upstream.address() as AddressInfo).port;
    this.#tally = tally;
    this.#log = log;
    upstream.on('connection', (socket) => this.#onUpstreamConnection(socket));
  }

  static async open(prefix: string, tally: Tally, log: (line: string) => void): Promise<Lane> {
    const upstream = createServer().listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    return new Lane(upstream, prefix, tally, log);
  }

  close(): void {
    this.#upstream.close();
  }

  async runCase(seed: number, id: number): Promise<void> {
    const random = new Random(seed);
    this.#random = random;
    const text = hostileRequests(random, id, this.#prefix, this.#prefix === '' ? [] : API_PATHS);
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
    // Behind a sound request it waits for that one's answer, which a bad upstream may keep for long.
    const mustBeTold = isBroken && whole === 0;
    const isSound = whole > 0 && whole === read.requests.length;
    const patience = setTimeout(
      () => {
        if (mustBeTold && !closed && received === '') this.#complain('unanswered', `${read.fault}`);
        resolve();
      },
      mustBeTold ? SILENCE_MS : isBroken || isSound ? PATIENCE_MS : GLANCE_MS,
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
      const at = requests.findIndex((candidate) => isSame(request, candidate, this.#prefix));
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
function isSame(got: ReadRequest, sent: ReadRequest, prefix: string): boolean {
  const origin = sent.target.replace(/^[a-z]+:\/\/[^/?]*(?=\/)/i, '');
  if (!origin.startsWith(prefix)) return false;
  const rest = origin.slice(prefix.length);
  if (got.method !== sent.method || got.target !== (rest.startsWith('/') ? rest : `/${rest}`)) return false;
  return got.whole ? sent.whole && got.body === sent.body : sent.body.startsWith(got.body);
}
