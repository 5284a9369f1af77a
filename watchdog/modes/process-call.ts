import { FaasError } from '../../common/errors.ts';
import { ERROR_CODE_HEADER } from '../../common/http/problem.ts';
import type { Call } from './mode.ts';

/** A short answer in plain text that carries its code in a header, as the contract fixes it for the fork modes. */
export function answerText({ res }: Call, status: number, body: string | Buffer, code: string): void {
  if (res.destroyed || res.headersSent) return;
  const headers = {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    [ERROR_CODE_HEADER]: code,
  };
  res.writeHead(status, headers).end(body);
}

/** For a process that the kernel killed while our cgroup was short of memory. */
export const outOfMemory = (lastLogLines: readonly string[]): FaasError =>
  new FaasError(
    'replica_out_of_memory',
    'The process was killed for lack of memory; raise the memory limit of the function.',
    { extra: { signal: 'SIGKILL', lastLogLines } },
  );

export const responseTooLarge = (maxBytes: number): FaasError =>
  new FaasError(
    'response_too_large',
    `The output is larger than ${maxBytes} bytes; raise max_response_size, or set mode=streaming, which has no such limit.`,
  );
