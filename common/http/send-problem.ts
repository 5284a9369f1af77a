import type { ServerResponse } from 'node:http';

export interface SendProblemOptions {
  /** Value of X-OpenFaaS-Internal: which part of the platform made the answer. */
  readonly internal?: string;
  /** Flat list of further headers. */
  readonly headers?: readonly string[];
  /** Further members of the body. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/**
 * Answers with the problem of `error` (see problem.ts). Cuts the connection instead when a head has been written, so
 * that a short body is seen as one.
 */
export function sendProblem(_res: ServerResponse, _error: unknown, _options: SendProblemOptions = {}): void {
  throw new Error('being written');
}
