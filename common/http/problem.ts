import { ERROR_STATUS, FaasError, type FaasErrorCode } from '../errors.ts';

/** Says which part of the platform, not the function, made an answer. Queue workers retry what carries it. */
export const INTERNAL_HEADER = 'x-openfaas-internal';
/** The stable code of a failure, also where the body must stay what older clients expect (such as classic's 408). */
export const ERROR_CODE_HEADER = 'x-dunlin-error';

/** An RFC 9457 body. `type` is left out, which means `about:blank`; `code` is ours and stable. */
export interface Problem {
  readonly title: string;
  readonly status: number;
  readonly code: FaasErrorCode;
  readonly detail: string;
  readonly [member: string]: unknown;
}

/** The problem for any thrown value; an unknown error becomes a bare 500, so that internals never leak. */
export function toProblem(error: unknown): Problem {
  if (!(error instanceof FaasError))
    return { title: 'Internal error', status: 500, code: 'internal_error', detail: 'See the log for the cause.' };
  return {
    title: sentence(error.code),
    status: ERROR_STATUS[error.code],
    code: error.code,
    detail: error.message,
    ...error.extra,
  };
}

/** `replica_out_of_memory` -> `Replica out of memory`. */
function sentence(code: string): string {
  return code[0]!.toUpperCase() + code.slice(1).replaceAll('_', ' ');
}
