/**
 * Every failure a caller can act on, with the HTTP status it becomes at the edge. Codes are stable API.
 * docs/ERRORS.md explains each one; a test keeps that page equal to this table.
 */
export const ERROR_STATUS = {
  invalid_request: 400,
  unauthorized: 401,
  function_not_found: 404,
  secret_not_found: 404,
  namespace_not_found: 404,
  bundle_not_found: 404,
  not_found: 404,
  function_exists: 409,
  secret_exists: 409,
  namespace_exists: 409,
  body_too_large: 413,
  too_many_requests: 429,
  internal_error: 500,
  function_failed: 500,
  response_too_large: 500,
  not_supported: 501,
  upstream_failed: 502,
  replica_crashed: 502,
  replica_died: 502,
  replica_out_of_memory: 502,
  no_replica: 503,
  provider_unavailable: 503,
  exec_timeout: 504,
  handler_blocked: 504,
  timed_out: 504,
} as const;

export type FaasErrorCode = keyof typeof ERROR_STATUS;

/** A failure with a meaning for the caller: `code` is stable API, `message` is for people and says what to do. */
export class FaasError extends Error {
  override readonly name = 'FaasError';
  readonly code: FaasErrorCode;
  /** More members for the problem body, such as `exitCode` or `lastLogLines`. Must be JSON values. */
  readonly extra: Readonly<Record<string, unknown>> | undefined;

  constructor(
    code: FaasErrorCode,
    message: string,
    options?: ErrorOptions & { extra?: Readonly<Record<string, unknown>> },
  ) {
    super(message, options);
    this.code = code;
    this.extra = options?.extra;
  }
}

export const isFaasError = (error: unknown, code?: FaasErrorCode): error is FaasError =>
  error instanceof FaasError && (code === undefined || error.code === code);
