// A relay per pair of ports, LISTEN:UPSTREAM as arguments: as gateway and watchdog do it, without their routes.
import { createServer } from 'node:http';
import { FaasError } from '../../common/errors.ts';
import { continueWhenRead } from '../../common/http/continue.ts';
import { relay } from '../../common/http/relay.ts';
import { sendProblem } from '../../common/http/send-problem.ts';
import { STRICT_SERVER } from '../../common/http/server-options.ts';
import { checkRequest, originTarget } from '../../common/http/strict.ts';
import { Upstream } from '../../common/http/upstream.ts';

for (const pair of process.argv.slice(2)) {
  const [port, upstreamPort] = pair.split(':').map(Number);
  const upstream = new Upstream({ host: '127.0.0.1', port: upstreamPort! });
  const server = createServer(STRICT_SERVER, (req, res) => {
    const reason = checkRequest(req);
    if (reason !== undefined) return sendProblem(res, new FaasError('invalid_request', reason));
    relay(req, res, upstream, {
      target: originTarget(req.url!),
      addRequestHeaders: ['X-Call-Id', 'fuzz'],
      timeoutMs: 5000,
      onDone(outcome) {
        if (outcome.kind === 'failed' && !outcome.headSent)
          sendProblem(res, new FaasError('upstream_failed', outcome.error.message));
      },
    });
  });
  server.on('checkContinue', (req, res) => {
    continueWhenRead(req, res);
    server.emit('request', req, res);
  });
  server.listen(port, '127.0.0.1');
}
