// A server per pair of ports: a relay behind our own server (as in the watchdog) or node:http (as the gateway's API), or
// the gateway with one function. FRONT LISTEN:UPSTREAM ... as arguments.
import { createServer } from 'node:http';
import type { Server } from 'node:net';
import { FaasError } from '../../common/errors.ts';
import { continueWhenRead } from '../../common/http/continue.ts';
import type { HttpRequest, HttpResponse } from '../../common/http/message.ts';
import { relay } from '../../common/http/relay.ts';
import { sendProblem } from '../../common/http/send-problem.ts';
import { HttpServer } from '../../common/http/server/server.ts';
import { STRICT_SERVER } from '../../common/http/server-options.ts';
import { checkRequest, originTarget } from '../../common/http/strict.ts';
import { Upstream } from '../../common/http/upstream.ts';

const [front, ...pairs] = process.argv.slice(2);
for (const pair of pairs) {
  const [port, upstreamPort] = pair.split(':').map(Number) as [number, number];
  if (front === 'gateway') await startGatewayOn(port, upstreamPort);
  else startRelay(port, upstreamPort);
}

function startRelay(port: number, upstreamPort: number): void {
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
  listener(serve).listen(port, '127.0.0.1');
}

/** Loaded for this front only: Bun runs the others, too. */
async function startGatewayOn(port: number, upstreamPort: number): Promise<void> {
  const { startFixedGateway } = await import('./fixed-gateway.ts');
  const env = { dunlin_port: String(port), dunlin_metrics_port: '0', upstream_timeout: '5s' };
  await startFixedGateway(1, { host: '127.0.0.1', port: upstreamPort }, env);
}

function listener(serve: (req: HttpRequest, res: HttpResponse) => void): Server {
  if (front === 'own') return new HttpServer({ onRequest: serve }).listener;
  const server = createServer(STRICT_SERVER, (req, res) => {
    const reason = checkRequest(req);
    if (reason !== undefined) sendProblem(res, new FaasError('invalid_request', reason));
    else serve(req, res);
  });
  server.on('checkContinue', (req, res) => {
    continueWhenRead(req, res);
    server.emit('request', req, res);
  });
  return server;
}
