// A server for each upstream: a relay behind our own server (as in the watchdog) or node:http (as the gateway's API),
// or the gateway with one function. FRONT UPSTREAM_PORT ... as arguments; prints its ports, as JSON, when all listen.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { FaasError } from '../../common/errors.ts';
import { heedExpectations } from '../../common/http/expectations.ts';
import type { HttpRequest, HttpResponse } from '../../common/http/message.ts';
import { relay } from '../../common/http/relay.ts';
import { sendProblem } from '../../common/http/send-problem.ts';
import { HttpServer } from '../../common/http/server/server.ts';
import { STRICT_SERVER } from '../../common/http/server-options.ts';
import { checkRequest, originTarget } from '../../common/http/strict.ts';
import { Upstream } from '../../common/http/upstream.ts';

const [front, ...upstreamPorts] = process.argv.slice(2);
const ports: number[] = [];
for (const upstreamPort of upstreamPorts.map(Number))
  ports.push(await (front === 'gateway' ? startGateway(upstreamPort) : startRelay(upstreamPort)));
process.stdout.write(`${JSON.stringify(ports)}\n`);

async function startRelay(upstreamPort: number): Promise<number> {
  const upstream = new Upstream({ host: '127.0.0.1', port: upstreamPort });
  const serve = (req: HttpRequest, res: HttpResponse): void => {
    relay(req, res, upstream, {
      target: originTarget(req.url!),
      addRequestHeaders: ['X-Call-Id', 'fuzz'],
      timeoutMs: 5000,
      onDone(outcome) {
        if (outcome.kind === 'failed' && !outcome.headSent)
          sendProblem(res, new FaasError('upstream_failed', outcome.error.message));
      },
    });
  };
  const server = listener(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Loaded for this front only: Bun runs the others, too. */
async function startGateway(upstreamPort: number): Promise<number> {
  const { startFixedGateway } = await import('./fixed-gateway.ts');
  const env = { dunlin_port: '0', dunlin_metrics_port: '0', upstream_timeout: '5s' };
  return (await startFixedGateway(1, { host: '127.0.0.1', port: upstreamPort }, env)).address.port;
}

function listener(serve: (req: HttpRequest, res: HttpResponse) => void): Server {
  if (front === 'own') return new HttpServer({ onRequest: serve }).listener;
  const server = createServer(STRICT_SERVER, (req, res) => {
    const reason = checkRequest(req);
    if (reason !== undefined) sendProblem(res, new FaasError('invalid_request', reason));
    else serve(req, res);
  });
  heedExpectations(server);
  return server;
}
