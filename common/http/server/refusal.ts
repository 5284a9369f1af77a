import { FaasError } from '../../errors.ts';
import { ERROR_CODE_HEADER, INTERNAL_HEADER, toProblem } from '../problem.ts';
import { REASONS } from '../status-codes.ts';
import { dateLine } from './date-line.ts';

/** The whole answer to a request that cannot be read, after which the connection is closed. */
export function refusal(status: number, message: string, internal: string | undefined): string {
  const problem = { ...toProblem(new FaasError('invalid_request', message)), status };
  // Latin-1, as the socket writes it: a message may quote what the client sent.
  const body = JSON.stringify(problem).replace(/[^\x20-\x7e]/g, '?');
  return [
    `HTTP/1.1 ${status} ${REASONS[status] ?? ''}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${body.length}`,
    'X-Content-Type-Options: nosniff',
    `${ERROR_CODE_HEADER}: ${problem.code}`,
    ...(internal === undefined ? [] : [`${INTERNAL_HEADER}: ${internal}`]),
    `${dateLine()}Connection: close\r\n\r\n${body}`,
  ].join('\r\n');
}
