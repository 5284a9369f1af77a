import { FaasError } from '../common/errors.ts';
import type { FunctionSpec, Resources } from './provider.ts';

/** Kubernetes' suffixes, and Docker's lower-case ones, which OpenFaaS's users of Swarm write. */
const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  K: 1e3,
  m: 1e6,
  M: 1e6,
  g: 1e9,
  G: 1e9,
  T: 1e12,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

/** What the engine enforces. */
export interface ReplicaLimits {
  readonly memoryBytes?: number;
  readonly cpuMillis?: number;
}

/** Reads the limits, and checks the requests too. @throws FaasError `invalid_request`: field, rule, value */
export function replicaLimits(spec: Pick<FunctionSpec, 'limits' | 'requests'>): ReplicaLimits {
  readResources('requests', spec.requests);
  return readResources('limits', spec.limits);
}

/** Reads limits or requests. @param field for the message @throws FaasError `invalid_request`: field, rule, value */
export function readResources(field: string, resources: Resources | undefined): ReplicaLimits {
  return {
    ...(resources?.memory !== undefined && { memoryBytes: memoryBytes(`${field}.memory`, resources.memory) }),
    ...(resources?.cpu !== undefined && { cpuMillis: cpuMillis(`${field}.cpu`, resources.cpu) }),
  };
}

function memoryBytes(field: string, given: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([kKmMgGT]|[KMGT]i)?$/.exec(given) ?? [];
  const bytes = Math.floor(Number(amount) * UNIT_BYTES[unit ?? '']!);
  if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw invalid(field, 'a size above 0 such as "40Mi", "128M" or "1Gi", or bytes', given);
}

function cpuMillis(field: string, given: string): number {
  const [, amount, milli] = /^(\d+(?:\.\d+)?)(m?)$/.exec(given) ?? [];
  const millis = Math.round(Number(amount) * (milli ? 1 : 1000));
  if (millis > 0 && Number.isSafeInteger(millis)) return millis;
  throw invalid(field, 'a number of cores above 0 such as "0.5" or "2", or thousandths such as "100m"', given);
}

const invalid = (field: string, rule: string, given: string): FaasError =>
  new FaasError('invalid_request', `${field} must be ${rule}, got ${JSON.stringify(given)}`);
