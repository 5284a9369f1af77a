// A process that calls functions without end and reports every call that did not end as it should. Told by its parent
// which functions to call: Orders; tells it what happened: Report.
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../../common/http/testing/random.ts';
import { StrictConnection } from './strict-client.ts';

export interface Orders {
  readonly port: number;
  readonly seed: number;
  readonly connections: number;
  /** Functions to call from now on; none ends the process once its last call is through. */
  readonly functions: readonly string[];
}

/** A call that was not answered with 200 and the right body. Times are Unix milliseconds. */
export interface LostCall {
  readonly function: string;
  readonly keepAlive: boolean;
  /** Answers to calls on the same connection before. */
  readonly reused: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly what: string;
  readonly code?: string;
  readonly replica?: string;
}

export interface Report {
  readonly calls: number;
  readonly lost: readonly LostCall[];
  /** No call is under way for a function that is not in the latest orders. */
  readonly functions: readonly string[];
}

const REPORT_MS = 50;
const now = (): number => performance.timeOrigin + performance.now();

let orders: Orders | undefined;
let random = new Random(0);
let calls = 0;
let lost: LostCall[] = [];
const underWay = new Map<string, number>();
let loops: Promise<void>[] = [];

process.on('message', (message: Orders) => {
  const first = orders === undefined;
  orders = message;
  if (!first) return;
  random = new Random(message.seed);
  // Half with connections that stay open, half with one for each call.
  loops = Array.from({ length: message.connections }, (_, index) => callOn(index % 2 === 0, index % 8 < 2));
  void reportUntilDone();
});
process.once('disconnect', () => process.exit(1));

async function reportUntilDone(): Promise<void> {
  let done = false;
  void Promise.all(loops).then(() => (done = true));
  while (!done) {
    await delay(REPORT_MS);
    report();
  }
  report();
  process.disconnect!();
}

function report(): void {
  const functions = [...new Set([...orders!.functions, ...underWay.keys()])];
  process.send!({ calls, lost, functions } satisfies Report);
  calls = 0;
  lost = [];
}

/** @param slow thinks between calls, so that its connection is idle most of the time */
async function callOn(keepAlive: boolean, slow: boolean): Promise<void> {
  let connection: StrictConnection | undefined;
  let reused = 0;
  while (orders!.functions.length > 0) {
    const name = random.pick(orders!.functions);
    underWay.set(name, (underWay.get(name) ?? 0) + 1);
    const startedAt = now();
    const loss = (what: string, more = {}): LostCall => ({
      function: name,
      keepAlive,
      reused,
      startedAt,
      endedAt: now(),
      what,
      ...more,
    });
    try {
      if (!connection?.usable) {
        reused = 0;
        connection = await StrictConnection.open(orders!.port);
      }
      const failure = await callOnce(connection, name, keepAlive);
      if (failure) lost.push(loss(failure.what, failure));
      reused++;
    } catch (error) {
      lost.push(loss((error as Error).message));
    }
    calls++;
    const left = underWay.get(name)! - 1;
    if (left === 0) underWay.delete(name);
    else underWay.set(name, left);
    if (slow) await delay(random.chance(0.05) ? random.int(500, 3000) : random.int(1, 30));
  }
  connection?.close();
}

/** @returns what was wrong with the answer */
async function callOnce(connection: StrictConnection, name: string, keepAlive: boolean) {
  const payload = `${random.int(0, 2 ** 31)}.${'x'.repeat(random.chance(0.1) ? random.int(0, 5000) : random.int(0, 100))}`;
  // Some take a while, so that every kill finds calls in flight.
  const query = random.chance(0.05) ? `?ms=${random.int(1, 60)}` : '';
  const method = random.chance(0.3) ? 'GET' : 'POST';
  const path = method === 'GET' ? `/function/${name}/${payload}${query}` : `/function/${name}${query}`;
  const { status, body } = await connection.call(method, path, method === 'GET' ? undefined : payload, keepAlive);
  const wanted = method === 'GET' ? `${name} /${payload}` : `${name} ${payload}`;
  if (status === 200 && body === wanted) return undefined;
  if (status === 200) return { what: `200 with a wrong body: ${body.slice(0, 100)}` };
  const what = `${status} ${body.slice(0, 300)}`;
  try {
    const { code, replica } = JSON.parse(body) as Record<string, string>;
    return { what, ...(code && { code }), ...(replica && { replica }) };
  } catch {
    return { what };
  }
}
