import { parseDuration } from '../../common/duration.ts';
import { FaasError } from '../../common/errors.ts';

const AUTH = 'com.dunlin.auth';
const MAX_INFLIGHT = 'com.dunlin.max-inflight';
const TIMEOUT = 'com.dunlin.timeout';

type Labels = Readonly<Record<string, string>>;

/** What a function's labels say about calls of it. */
export interface CallRules {
  /** Only who has a token may call it. */
  readonly needsToken: boolean;
  /** Calls that each replica gets at once; further ones wait. Infinity without a limit. */
  readonly maxInFlight: number;
  /** In place of the gateway's upstream_timeout; 0 is no limit. */
  readonly timeoutMs: number | undefined;
}

/** Reads the labels. One that cannot be read, which {@link checkCallRules} refuses, errs on the side of caution. */
export const callRules = (labels: Labels): CallRules => ({
  needsToken: labels[AUTH] !== undefined && labels[AUTH] !== 'none',
  maxInFlight: maxInFlight(labels[MAX_INFLIGHT]) ?? Infinity,
  timeoutMs: timeoutMs(labels[TIMEOUT]),
});

/** @throws FaasError `invalid_request` that names label, rule and value */
export function checkCallRules(labels: Labels): void {
  const auth = labels[AUTH];
  if (auth !== undefined && auth !== 'required' && auth !== 'none') throw wrong(AUTH, '"required" or "none"', auth);
  const limit = labels[MAX_INFLIGHT];
  if (limit !== undefined && maxInFlight(limit) === undefined)
    throw wrong(MAX_INFLIGHT, 'a whole number from 1', limit);
  const timeout = labels[TIMEOUT];
  if (timeout !== undefined && timeoutMs(timeout) === undefined)
    throw wrong(TIMEOUT, 'a duration such as "90s" or "5m"; 0 is no limit', timeout);
}

function maxInFlight(label: string | undefined): number | undefined {
  return label !== undefined && /^[1-9]\d{0,8}$/.test(label) ? Number(label) : undefined;
}

function timeoutMs(label: string | undefined): number | undefined {
  try {
    return label === undefined ? undefined : parseDuration(label);
  } catch {
    return undefined;
  }
}

const wrong = (label: string, rule: string, value: string): FaasError =>
  new FaasError('invalid_request', `labels.${label} must be ${rule}, got ${JSON.stringify(value)}`);
