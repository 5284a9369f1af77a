// A server that relays, as gateway and watchdog do it; told by lines on stdin, tells by lines on stdout. Its argument
// says on what: `node:http`, or `ours`.
import { createServer } from 'node:http';
import type { Server } from 'node:net';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { FaasError } from '../../errors.ts';
import { heedExpectations } from '../expectations.ts';
import type { HttpRequest, HttpResponse } from '../message.ts';
import { type Relay, type RelayOutcome, relay } from '../relay.ts';
import { sendProblem } from '../send-problem.ts';
import { HttpServer } from '../server/server.ts';
import { STRICT_SERVER } from '../server-options.ts';
import { checkRequest } from '../strict.ts';
import { relayUpgrade } from '../upgrade.ts';
import { Upstream } from '../upstream.ts';
import type { CaseOptions } from './relay-process.ts';

interface Case {
  readonly options: CaseOptions;
  readonly upstreams: readonly Upstream[];
  relay?: Relay;
}

const cases = new Map<string, Case>();
const say = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

function onRequest(req: HttpRequest, res: HttpResponse): void {
  const [id, target] = caseOf(req);
  const found = cases.get(id);
  if (found === undefined) sendProblem(res, new FaasError('function_not_found', `no case ${id}`));
  else attempt(id, found, target, req, res, 0);
}

function onUpgrade(req: HttpRequest, socket: Duplex, head: Buffer): void {
  const [id, target] = caseOf(req);
  const { options } = cases.get(id)!;
  relayUpgrade(req, socket, head, options.upstreams[0]!, {
    target,
    ...(options.addRequestHeaders === undefined ? {} : { addRequestHeaders: options.addRequestHeaders }),
    internal: 'relay',
    onDone: ({ status }) => say({ id, event: 'outcome', outcome: { kind: 'upgrade', status, requestBytes: 0 } }),
  });
}

function caseOf(req: HttpRequest): [id: string, target: string] {
  const [, id = '', target = '/'] = /^\/([^/]+)(\/.*)$/.exec(req.url!) ?? [];
  return [id, target];
}

function onNodeHttp(): Server {
  const server = createServer({ ...STRICT_SERVER, keepAliveTimeout: 60_000 }, (req, res) => {
    const reason = checkRequest(req);
    if (reason === undefined) onRequest(req, res);
    else sendProblem(res, new FaasError('invalid_request', reason));
  });
  heedExpectations(server);
  server.on('upgrade', onUpgrade);
  return server;
}

function attempt(id: string, of: Case, target: string, req: HttpRequest, res: HttpResponse, nth: number): void {
  const { upstreams } = of;
  const { answerHeaders, ...options } = of.options;
  of.relay = relay(req, res, upstreams[nth]!, {
    ...options,
    target,
    ...(answerHeaders === undefined ? {} : { answerHeaders: () => answerHeaders }),
    onDone(outcome) {
      say({ id, event: 'outcome', outcome: plain(outcome) });
      if (outcome.kind === 'failed' && outcome.retryable && nth + 1 < upstreams.length)
        attempt(id, of, target, req, res, nth + 1);
      else if (outcome.kind === 'failed' && !outcome.headSent)
        sendProblem(res, new FaasError('upstream_failed', outcome.error.message), { internal: 'relay' });
      else if ((outcome.kind === 'timed_out' || outcome.kind === 'aborted') && !outcome.headSent)
        sendProblem(res, new FaasError('timed_out', 'The call took too long.'), { internal: 'relay' });
    },
  });
}

function plain(outcome: RelayOutcome): object {
  if (outcome.kind === 'answered') return { ...outcome, answerHeaders: outcome.answerHeaders.flat() };
  if (outcome.kind !== 'failed') return outcome;
  const { kind, reused, message } = outcome.error;
  return { ...outcome, error: { kind, reused, message } };
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line);
  const { id } = command;
  if (command.open !== undefined) {
    const options: CaseOptions = command.open;
    cases.set(id, { options, upstreams: options.upstreams.map((address) => new Upstream(address, options)) });
    say({ id, event: 'ready' });
  } else if (command.abort) {
    cases.get(id)!.relay!.abort();
  } else if (command.stats) {
    const { upstreams } = cases.get(id)!;
    const sum = (of: (upstream: Upstream) => number) => upstreams.reduce((total, one) => total + of(one), 0);
    say({ id, event: 'stats', stats: { inFlight: sum((u) => u.inFlight), idleSockets: sum((u) => u.idleSockets) } });
  }
});
process.stdin.on('end', () => process.exit(0));

const server = process.argv[2] === 'ours' ? new HttpServer({ onRequest, onUpgrade }).listener : onNodeHttp();
server.listen(0, '127.0.0.1', () => {
  const bound = server.address();
  process.stdout.write(`${typeof bound === 'object' && bound !== null ? bound.port : 0}\n`);
});
