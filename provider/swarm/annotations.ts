import { FaasError } from '../../common/errors.ts';
import type { FunctionSpec } from '../provider.ts';

/** What only Swarm understands of a function, as annotations (docs/SWARM.md). */
export interface SwarmSettings {
  /** Processes and threads that a replica may have. */
  readonly pids: number;
  readonly capabilityDrop: readonly string[];
  readonly ulimits: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[];
  /** Node labels to spread replicas over, the most important first. */
  readonly spread: readonly string[];
  /** Asked instead of the watchdog's own path; a replica is ready once it answers 2xx. */
  readonly readyPath: string | undefined;
}

const PIDS = 'com.dunlin.pids';
const CAPABILITIES = 'com.dunlin.cap-drop';
const ULIMITS = 'com.dunlin.ulimits';
const SPREAD = 'com.dunlin.spread';
/** Contract 4.5. */
const READY_PATH = 'com.openfaas.ready.http.path';

const DEFAULT_PIDS = 1024;
/** Docker's default ones that no function's server has a use for; a root user keeps those that installers expect. */
const DEFAULT_DROP = ['AUDIT_WRITE', 'FSETID', 'MKNOD', 'NET_RAW', 'SETFCAP', 'SETPCAP', 'SYS_CHROOT'];

/** @throws FaasError `invalid_request`: annotation, rule, value */
export function swarmSettings({ annotations }: Pick<FunctionSpec, 'annotations'>): SwarmSettings {
  return {
    pids: pids(annotations[PIDS]),
    capabilityDrop: capabilities(annotations[CAPABILITIES]),
    ulimits: list(annotations[ULIMITS]).map(ulimit),
    spread: list(annotations[SPREAD]).map(spread),
    readyPath: readyPath(annotations[READY_PATH]),
  };
}

function pids(given: string | undefined): number {
  if (given === undefined) return DEFAULT_PIDS;
  if (/^\d{1,9}$/.test(given) && given !== '0') return Number(given);
  throw invalid(PIDS, 'a whole number above 0', given);
}

function capabilities(given: string | undefined): readonly string[] {
  if (given === undefined) return DEFAULT_DROP;
  if (given === 'none') return [];
  return list(given).map((name) => {
    if (/^[A-Z_]+$/.test(name)) return name;
    throw invalid(CAPABILITIES, 'names of capabilities such as "NET_RAW,MKNOD", or "ALL", or "none"', given);
  });
}

function ulimit(given: string): SwarmSettings['ulimits'][number] {
  const [, name, soft, hard = soft] = /^([a-z]+)=(\d+)(?::(\d+))?$/.exec(given) ?? [];
  if (name !== undefined && Number(soft) <= Number(hard)) return { Name: name, Soft: Number(soft), Hard: Number(hard) };
  throw invalid(ULIMITS, 'NAME=SOFT or NAME=SOFT:HARD, such as "nofile=1024:4096"', given);
}

function spread(given: string): string {
  if (/^(node|engine)\.labels\.\S+$/.test(given)) return given;
  throw invalid(SPREAD, 'node labels such as "node.labels.zone"', given);
}

function readyPath(given: string | undefined): string | undefined {
  if (given === undefined || /^\/[\x21-\x7e]*$/.test(given)) return given;
  throw invalid(READY_PATH, 'a path such as "/_/ready"', given);
}

const list = (given: string | undefined): string[] =>
  (given ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

const invalid = (name: string, rule: string, given: string): FaasError =>
  new FaasError('invalid_request', `annotation ${name} must be ${rule}, got ${JSON.stringify(given)}`);
