// What gateway and watchdog have in common: node:http in front, common/http/relay behind. UPSTREAM PORT as arguments.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { relay } from '../../common/http/relay.ts';
import { sendProblem } from '../../common/http/send-problem.ts';
import { STRICT_SERVER } from '../../common/http/server-options.ts';
import { checkRequest } from '../../common/http/strict.ts';
import { Upstream } from '../../common/http/upstream.ts';

const [upstreamPort, port] = process.argv.slice(2).map(Number);
const upstream = new Upstream({ host: '127.0.0.1', port: upstreamPort! });

createServer(STRICT_SERVER, (req, res) => {
  if (checkRequest(req) !== undefined) return sendProblem(res, undefined);
  const callId = randomUUID();
  relay(req, res, upstream, {
    target: req.url!,
    addRequestHeaders: ['X-Call-Id', callId, 'X-Start-Time', String(Date.now())],
    answerHeaders: () => ['X-Call-Id', callId],
    timeoutMs: 60_000,
    onDone(outcome) {
      if (outcome.kind !== 'answered') sendProblem(res, undefined);
    },
  });
}).listen(port, '127.0.0.1');
