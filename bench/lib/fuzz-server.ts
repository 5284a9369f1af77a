// A relay per pair of ports, behind node:http (as in the gateway) or our own server (as in the watchdog), without their
// routes. FRONT LISTEN:UPSTREAM ... as arguments.
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
  const [port, upstreamPort] = pair.split(':').map(Number);
  const upstream = new Upstream({ host: '127.0.0.1', port: upstreamPort! });
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
