import type { Server } from 'node:http';
import { FaasError } from '../errors.ts';
import { continueWhenRead } from './continue.ts';
import { sendProblem } from './send-problem.ts';
import { endConnectionAfter } from './strict.ts';

/**
 * Has requests with Expect dispatched by `server` as any other, or refused: what is not 100-continue node:http would
 * answer by itself, without a look at the rest of the request, and then go on to serve what follows on the connection.
 *
 * @param internal value of X-OpenFaaS-Internal in a refusal
 */
export function heedExpectations(server: Server, internal?: string): void {
  server.on('checkContinue', (req, res) => {
    continueWhenRead(req, res);
    server.emit('request', req, res);
  });
  server.on('checkExpectation', (req, res) => {
    endConnectionAfter(req);
    const error = new FaasError('invalid_request', 'the only expectation understood is "100-continue"');
    sendProblem(res, error, { ...(internal !== undefined && { internal }), extra: { status: 417 } });
  });
}
