// What the tests of the relay share. All is seen from outside, and so is tested on each runtime that relays.
import type { TestFn } from 'ava';
import type { Address } from '../upstream.ts';
import { type RawPeer, RawServer } from './raw-peer.ts';
import {
  type CaseOptions,
  type Outcome,
  type RelayCase,
  RelayProcess,
  RUNTIMES,
  type Runtime,
} from './relay-process.ts';

/** An upstream's answer. */
export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Defines tests for each runtime; their relay server is started before the first and ended after the last. */
export function onEachRuntime(test: TestFn, define: (runtime: Runtime, suite: RelaySuite) => void): void {
  for (const runtime of RUNTIMES) {
    const suite = new RelaySuite();
    test.before(() => suite.start(runtime));
    test.after.always(() => suite.stop());
    define(runtime, suite);
  }
}

/** The relay server of one test file and runtime. */
export class RelaySuite {
  #relays: RelayProcess | undefined = undefined;

  async start(runtime: Runtime): Promise<void> {
    this.#relays = await RelayProcess.start(runtime);
  }

  async stop(): Promise<void> {
    await this.#relays?.stop();
  }

  /** A case whose calls go to `upstreams`, one after the other while they may be retried. */
  open(upstreams: readonly (RawServer | Address)[], options: Partial<CaseOptions> = {}): Promise<RelayCase> {
    const addresses = upstreams.map((each) => (each instanceof RawServer ? each.address : each));
    return this.#relays!.open({ upstreams: addresses, ...options });
  }

  /** Sends `request`, answers it with `answer`, and returns what either side received. */
  async exchange(
    request: string,
    answer: string,
    options: Partial<CaseOptions> = {},
  ): Promise<{ sent: string; answered: string; outcome: Outcome }> {
    await using server = await RawServer.listen();
    const opened = await this.open([server], options);
    await using client = await opened.client(request);
    const upstream = await server.acceptRequest();
    await upstream.write(answer);
    const outcome = await opened.outcome();
    return { sent: upstream.received, answered: await settled(client), outcome };
  }
}

/** What a client has received once the one answer it waits for is whole. */
export async function settled(client: RawPeer): Promise<string> {
  return client.until((received) => {
    if (client.ended) return true;
    const start = received.search(/HTTP\/1\.1 [2-9]\d\d /);
    const head = received.indexOf('\r\n\r\n', start);
    if (start === -1 || head === -1) return false;
    const body = received.slice(head + 4);
    const length = /\r\nContent-Length: (\d+)\r\n/i.exec(received.slice(start, head + 2))?.[1];
    if (length !== undefined) return body.length >= Number(length);
    return / 204 | 304 /.test(received.slice(start, start + 13)) || /(^|\r\n)0\r\n([\s\S]*\r\n)?\r\n$/.test(body);
  });
}

/** A port on which nobody listens. */
export async function deadAddress(): Promise<Address> {
  const server = await RawServer.listen();
  await server.close();
  return server.address;
}
