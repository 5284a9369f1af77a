import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { WarmPoolReport } from '../../provider/provider.ts';
import type { ListenOn } from '../front-door.ts';
import type { FunctionEntry } from '../invoke/function-entry.ts';
import type { FunctionScaler } from '../scaling/function-scaler.ts';
import type { LoadReport } from '../scaling/peers.ts';
import { writeSlices } from '../write-slices.ts';
import { exposition } from './exposition.ts';
import { openFiles } from './open-files.ts';

/** prom-client's, but made by walking all sockets in one go, which blocks for long when there are many. */
const SLOW_METRICS = [
  'process_open_fds',
  ...['handles', 'resources', 'requests'].flatMap((kind) => [`nodejs_active_${kind}`, `nodejs_active_${kind}_total`]),
];
/** As OpenFaaS has it for this port (contract 1.1). */
const TIMEOUT_MS = 5000;

export interface MetricsSource {
  /** Those that are deployed, so that the series of a deleted function vanish. */
  functions(): Iterable<FunctionEntry>;
  /** Brings all figures up to date, where other processes count some. */
  refresh(): Promise<void>;
  /** Calls that wait for a replica. */
  waiting(): number;
  /** Open WebSockets. */
  webSockets(): number;
  /** What decides on a function's replicas. */
  scaler(entry: FunctionEntry): FunctionScaler;
  /** Whether this gateway is the one that decides. */
  leads(): boolean;
  /** For the gateway that decides. */
  load(): LoadReport;
  warmPool(): WarmPoolReport | undefined;
}

/**
 * Port 8082: `/metrics` for Prometheus, sliced so that many functions do not hold up calls, `/healthz`, and `/load` for
 * another gateway that decides on scaling.
 */
export class MetricsServer {
  readonly #source: MetricsSource;
  readonly #registry = new Registry();
  readonly #server: Server;

  constructor(source: MetricsSource) {
    this.#source = source;
    collectDefaultMetrics({ register: this.#registry });
    for (const name of SLOW_METRICS) this.#registry.removeSingleMetric(name);
    this.#gauge('process_open_fds', 'Number of open file descriptors.', openFiles);
    this.#gauge('gateway_waiting_calls', 'Calls that wait for a ready replica', () => source.waiting());
    this.#gauge('gateway_websockets', 'Open WebSockets', () => source.webSockets());
    const leads = (): number => Number(source.leads());
    this.#gauge('gateway_autoscaler_leader', 'Whether this gateway decides on scaling, 1 or 0', leads);
    if (source.warmPool()) this.#countWarmStarts();
    this.#server = createServer({ requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS }, (req, res) =>
      this.#answer(req, res),
    );
  }

  /** @throws Error of node:net, such as EADDRINUSE */
  async listen(on: ListenOn): Promise<AddressInfo> {
    this.#server.listen(on);
    await once(this.#server, 'listening');
    return this.#server.address() as AddressInfo;
  }

  /** The listening socket, for the gateway that is to replace this one. */
  get listener(): Server {
    return this.#server;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#registry.clear();
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  #answer(req: IncomingMessage, res: ServerResponse): void {
    const path = req.url!.split('?', 1)[0];
    if (path !== '/metrics' && path !== '/healthz' && path !== '/load')
      res.writeHead(404, TEXT).end('404 page not found\n');
    else if (req.method !== 'GET') res.writeHead(405).end();
    else if (path === '/healthz') res.writeHead(200, TEXT).end('OK');
    else if (path === '/load') res.writeHead(200, JSON_TYPE).end(JSON.stringify(this.#source.load()));
    else this.#scrape(res).catch(() => res.destroy());
  }

  async #scrape(res: ServerResponse): Promise<void> {
    await this.#source.refresh();
    res.writeHead(200, { 'content-type': this.#registry.contentType });
    await writeSlices(
      res,
      exposition(this.#source.functions(), (entry) => this.#source.scaler(entry)),
    );
    res.end(await this.#registry.metrics());
  }

  #countWarmStarts(): void {
    const { warmPool } = this.#source;
    const name = 'gateway_warm_pool';
    this.#gauge(`${name}_waiting`, 'Processes that wait for a function', () => warmPool()?.waiting ?? 0);
    this.#gauge(`${name}_memory_bytes`, 'Their memory, shared parts in part', () => warmPool()?.memoryBytes() ?? 0);
    this.#counter(`${name}_taken_total`, 'Replicas that one of them became', () => warmPool()?.taken ?? 0);
    this.#counter(`${name}_missed_total`, 'Replicas that would have, had one waited', () => warmPool()?.missed ?? 0);
  }

  #counter(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  #gauge(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      async collect() {
        this.set(await read());
      },
    });
  }
}

const JSON_TYPE = { 'content-type': 'application/json' };
const TEXT = { 'content-type': 'text/plain; charset=utf-8' };
