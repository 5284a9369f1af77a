import { CLIENT_CLOSED, REASONS } from '../../common/http/status-codes.ts';

/** What of-watchdog logs of each call (contract 3.3). @param seconds with four decimals */
export const accessLine = (method: string, target: string, status: number, bytes: number, seconds: string): string =>
  `${method} ${target} - ${status} ${REASONS[status] ?? otherReason(status)} - ContentLength: ${bytes}B (${seconds}s)`;

const otherReason = (status: number): string => (status === CLIENT_CLOSED ? 'Client Closed Request' : 'Unknown');
