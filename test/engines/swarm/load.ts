// A steady load from within the functions' network, run in a container by ../swarm.test.ts:
//   node load.ts GATEWAYS PORT PATH CLIENTS
// GATEWAYS is a name in DNS with an address for each gateway. A call that cannot connect is made of the next address, as
// any client with several addresses does; nothing else is tried again. SIGTERM ends it; then it prints its counts.
import { lookup } from 'node:dns/promises';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

export interface LoadReport {
  readonly calls: number;
  /** Connections that were refused or not answered, after which another address was tried. */
  readonly reconnected: number;
  readonly failures: readonly LoadFailure[];
  readonly slowestMs: number;
}

export interface LoadFailure {
  /** When the call began and ended, in milliseconds of Date.now(). */
  readonly from: number;
  readonly at: number;
  readonly gateway: string;
  /** A status with the code of its problem, or the code of the connection's error. */
  readonly what: string;
}

const PAUSE_MS = 10;
const CONNECT_ERRORS = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'CONNECT_TIMEOUT'];
const CONNECT_MS = 1000;
const LOOK_MS = 500;

const [name = '', port = '', path = '', clients = '1'] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });
const failures: LoadFailure[] = [];
let addresses: readonly string[] = [];
let calls = 0;
let reconnected = 0;
let slowestMs = 0;
let ended = false;
process.on('SIGTERM', () => {
  ended = true;
});

await look();
const looking = setInterval(() => void look(), LOOK_MS);
await Promise.all(Array.from({ length: Number(clients) }, client));
clearInterval(looking);
agent.destroy();
const report: LoadReport = { calls, reconnected, failures, slowestMs: Math.round(slowestMs) };
process.stdout.write(`${JSON.stringify(report)}\n`);

async function look(): Promise<void> {
  const found = await lookup(name, { all: true, family: 4 }).catch(() => []);
  if (found.length > 0) addresses = found.map(({ address }) => address);
}

async function client(_unused: unknown, index: number): Promise<void> {
  for (let turn = index; !ended; turn++) {
    await call(turn);
    await delay(PAUSE_MS);
  }
}

async function call(turn: number): Promise<void> {
  const from = Date.now();
  calls++;
  for (let attempt = 0; ; attempt++) {
    const gateway = addresses[(turn + attempt) % addresses.length]!;
    const what = await once(gateway);
    if (what !== undefined && CONNECT_ERRORS.includes(what) && attempt < 2 * addresses.length) {
      reconnected++;
      continue;
    }
    slowestMs = Math.max(slowestMs, Date.now() - from);
    if (what !== undefined) failures.push({ from, at: Date.now(), gateway, what });
    return;
  }
}

/** @returns what went wrong */
function once(host: string): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const outgoing = request({ host, port, path, method: 'POST', agent }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    response.on('error', (error: NodeJS.ErrnoException) => resolve(`cut: ${error.code}`));
    response.on('end', () => resolve(response.statusCode === 200 ? undefined : `${response.statusCode} ${text}`));
  });
  outgoing.on('socket', (socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(
      () => outgoing.destroy(Object.assign(new Error(), { code: 'CONNECT_TIMEOUT' })),
      CONNECT_MS,
    );
    socket.once('connect', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
  });
  outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  outgoing.end('steady');
  return promise;
}
