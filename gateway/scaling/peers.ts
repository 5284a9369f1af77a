import { lookup } from 'node:dns/promises';
import type { Log } from '../log.ts';
import { type Counts, growth, NO_COUNTS, sumOf } from './counts.ts';

/** A gateway that cannot be asked for so long is no more, nor are the calls it had in flight. */
const GONE_MS = 5000;

/** What one gateway says to another at `/load` of its metrics port. */
export interface LoadReport {
  /** Of the gateway that says it. */
  readonly gateway: string;
  readonly functions: Readonly<Record<string, FunctionReport>>;
}

export interface FunctionReport extends Counts {
  /** The latest alert that it was told, and how long ago. */
  readonly alert?: { readonly status: 'firing' | 'resolved'; readonly ageMs: number };
}

export interface PeersOptions {
  /** Names that resolve to the addresses of all gateways, by commas, with a port or without; '' is none. */
  readonly names: string;
  /** Where none is given. */
  readonly port: number;
  /** This gateway. */
  readonly self: string;
  readonly now: () => number;
  readonly log: Pick<Log, 'warn'>;
}

interface Peer {
  readonly seenAt: number;
  readonly functions: LoadReport['functions'];
}

/** What the other gateways count, for the one that decides. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #peers = new Map<string, Peer>();
  readonly #grown = new Map<string, Counts>();
  #failing = false;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /** Asks all of them. Never rejects: who does not answer counts as before, for a while. */
  async ask(signal: AbortSignal): Promise<void> {
    const { names, port, now, log } = this.#options;
    if (names === '') return;
    try {
      const addresses = await Promise.all(names.split(',').map((name) => addressesOf(name.trim(), port)));
      const answers = await Promise.allSettled(addresses.flat().map((address) => report(address, signal)));
      for (const answer of answers) if (answer.status === 'fulfilled') this.#take(answer.value);
      const failed = answers.find((answer) => answer.status === 'rejected');
      if (failed) throw failed.reason;
      this.#failing = false;
    } catch (error) {
      if (!this.#failing && !signal.aborted)
        log.warn({ err: error }, `A gateway of dunlin_peers, ${names}, cannot be asked for its load`);
      this.#failing = true;
    }
    for (const [gateway, { seenAt }] of this.#peers) if (now() - seenAt > GONE_MS) this.#peers.delete(gateway);
  }

  /** All that the others have counted of a function since they were first asked, and what they have in flight. */
  counts(key: string): Counts {
    let inFlight = 0;
    for (const { functions } of this.#peers.values()) inFlight += functions[key]?.inFlight ?? 0;
    return { ...(this.#grown.get(key) ?? NO_COUNTS), inFlight };
  }

  /** The youngest alert that another gateway was told. */
  alert(key: string): { readonly status: 'firing' | 'resolved'; readonly at: number } | undefined {
    let latest: { readonly status: 'firing' | 'resolved'; readonly at: number } | undefined;
    for (const { functions, seenAt } of this.#peers.values()) {
      const alert = functions[key]?.alert;
      if (alert && seenAt - alert.ageMs > (latest?.at ?? -Infinity))
        latest = { status: alert.status, at: seenAt - alert.ageMs };
    }
    return latest;
  }

  #take({ gateway, functions }: LoadReport): void {
    if (gateway === this.#options.self) return;
    const before = this.#peers.get(gateway)?.functions;
    for (const [key, counts] of Object.entries(functions)) {
      // A function that is new at a gateway that is not has been called for the first time.
      const known = before && (before[key] ?? NO_COUNTS);
      this.#grown.set(key, sumOf(this.#grown.get(key) ?? NO_COUNTS, growth(known, counts)));
    }
    this.#peers.set(gateway, { seenAt: this.#options.now(), functions });
  }
}

async function addressesOf(name: string, usualPort: number): Promise<readonly string[]> {
  const [, host = name, port = usualPort] = /^(.+):(\d+)$/.exec(name) ?? [];
  const found = await lookup(host, { all: true });
  return found.map(({ address, family }) => (family === 6 ? `[${address}]:${port}` : `${address}:${port}`));
}

async function report(address: string, signal: AbortSignal): Promise<LoadReport> {
  const answer = await fetch(`http://${address}/load`, { signal });
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
  return (await answer.json()) as LoadReport;
}
