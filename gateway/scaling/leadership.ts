import type { SharedRecords } from '../../provider/provider.ts';
import type { Log } from '../log.ts';

const RECORD = 'dunlin-scaling';
/** Rounds within the time that a lease holds. */
const ROUNDS = 3;
/** The part of it that the holder trusts: clocks do not run equally fast. */
const TRUSTED = 0.9;

export interface LeadershipOptions {
  readonly records: SharedRecords;
  /** Of this gateway; no other one's. */
  readonly holder: string;
  readonly leaseMs: number;
  /** A clock that never jumps. */
  readonly now: () => number;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

interface Lease {
  /** '' when it was given back. */
  readonly holder: string;
  readonly leaseMs: number;
}

/**
 * Makes one of several gateways the one that decides: who holds a lease in a record that they share. No clocks are
 * compared: the holder counts from before it wrote, the others from when they first saw what it wrote, so the holder
 * has always stopped before another begins. A holder that dies is followed within one lease and a third.
 */
export class Leadership {
  readonly #options: LeadershipOptions;
  readonly #roundMs: number;
  readonly #closing = new AbortController();
  #until = -Infinity;
  #seen: { readonly version: string; readonly at: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #failing = false;
  #closed: Promise<void> | undefined;

  constructor(options: LeadershipOptions) {
    this.#options = options;
    this.#roundMs = Math.ceil(options.leaseMs / ROUNDS);
  }

  /** Whether this gateway decides now. */
  get leads(): boolean {
    return this.#options.now() < this.#until;
  }

  /** Takes part from now on. */
  start(): void {
    const round = (): void => void (this.#round ??= this.renew().finally(() => (this.#round = undefined)));
    this.#timer = setInterval(round, this.#roundMs).unref();
    round();
  }

  /** One round: renews the lease, or takes it when nobody has it. Never rejects. */
  async renew(): Promise<void> {
    const led = this.leads;
    try {
      await this.#compete();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing && !this.#closing.signal.aborted)
        this.#options.log.warn({ err: error }, 'Which gateway decides on scaling cannot be agreed; trying again');
      this.#failing = true;
    }
    if (this.leads !== led)
      this.#options.log.info({}, this.leads ? 'This gateway decides on scaling' : 'Another gateway decides on scaling');
  }

  /** Gives the lease back, so that another gateway need not wait for its end. Idempotent. */
  close(): Promise<void> {
    return (this.#closed ??= this.#release());
  }

  async #compete(): Promise<void> {
    const { records, holder, leaseMs, now } = this.#options;
    const asked = now();
    const record = await records.read(RECORD, this.#signal());
    const lease = record && parse(record.text);
    if (record && lease && lease.holder !== holder && lease.holder !== '') {
      if (this.#seen?.version !== record.version) this.#seen = { version: record.version, at: now() };
      if (now() - this.#seen.at < lease.leaseMs) return;
    }
    const mine: Lease = { holder, leaseMs };
    // Unchanged text must still make a new version, by which the others see that the holder lives.
    const text = JSON.stringify({ ...mine, asked });
    if (await records.write(RECORD, text, record?.version, this.#signal())) this.#until = asked + leaseMs * TRUSTED;
  }

  async #release(): Promise<void> {
    clearInterval(this.#timer);
    const { records, leaseMs } = this.#options;
    const led = this.leads;
    this.#closing.abort();
    await this.#round;
    this.#until = -Infinity;
    if (!led) return;
    const signal = AbortSignal.timeout(this.#roundMs);
    try {
      const record = await records.read(RECORD, signal);
      const nobody: Lease = { holder: '', leaseMs };
      if (record && parse(record.text)?.holder === this.#options.holder)
        await records.write(RECORD, JSON.stringify(nobody), record.version, signal);
    } catch {
      // It then ends by itself.
    }
  }

  #signal(): AbortSignal {
    return AbortSignal.any([this.#closing.signal, AbortSignal.timeout(this.#roundMs)]);
  }
}

/** Undefined for what no gateway wrote: it is overwritten. */
function parse(text: string): Lease | undefined {
  try {
    const { holder, leaseMs } = JSON.parse(text) as Partial<Lease>;
    return typeof holder === 'string' && typeof leaseMs === 'number' ? { holder, leaseMs } : undefined;
  } catch {
    return undefined;
  }
}
