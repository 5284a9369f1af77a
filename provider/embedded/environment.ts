import { join } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import type { FunctionSpec } from '../provider.ts';
import type { BundleManifest } from '../wire/bundle.ts';

/** Marks every process of a replica; ARCHITECTURE.md, "The environment of a replica". */
export const REPLICA_MARKER = 'DUNLIN_REPLICA';
/** Which engine on this machine the replica belongs to. */
export const DATA_MARKER = 'DUNLIN_DATA';

/** Kubernetes' rule for names of variables. */
const NAME = /^[A-Za-z_.-][A-Za-z0-9_.-]*$/;
/** execve(2): one string has at most 128 KiB; all together must leave room on the stack. */
const MAX_VARIABLE_BYTES = 128 * 1024 - 1;
const MAX_TOTAL_BYTES = 1024 * 1024;

export interface ReplicaPaths {
  readonly id: string;
  readonly dataDir: string;
  readonly bundle: string;
  readonly run: string;
  readonly socket: string;
  readonly logFile: string;
  readonly terminationLog: string;
  readonly secrets: string;
}

/** What functions get from the machine: PATH, and LANG and TZ where set. */
export interface MachineEnvironment {
  readonly path: string;
  readonly lang?: string;
  readonly timeZone?: string;
}

/**
 * The whole environment of a replica, built from nothing, so that the gateway's own never leaks. A later line wins:
 * the machine's, the bundle's, the user's, then what the engine relies on.
 */
export function replicaEnvironment(
  spec: FunctionSpec,
  manifest: BundleManifest,
  paths: ReplicaPaths,
  machine: MachineEnvironment,
): Record<string, string> {
  const fprocess = spec.envProcess || manifest.process;
  return {
    ...machineVariables(machine, paths.run),
    mode: manifest.mode,
    // After SIGTERM: for calls that had chosen this replica before they heard that it leaves, and are on their way.
    healthcheck_interval: '100ms',
    ...manifest.environment,
    ...(fprocess && { fprocess }),
    ...(manifest.handler && { handler: join(paths.bundle, manifest.handler) }),
    ...(manifest.staticPath && { static_path: join(paths.bundle, manifest.staticPath) }),
    ...spec.envVars,
    ...(spec.envProcess && { fprocess: spec.envProcess }),
    TMPDIR: temporary(paths.run),
    listen: `unix:${paths.socket}`,
    metrics_port: '0',
    ready_fd: '3',
    log_file: paths.logFile,
    termination_log: paths.terminationLog,
    secrets_path: paths.secrets,
    OPENFAAS_NAME: spec.name,
    OPENFAAS_NAMESPACE: spec.namespace,
    [REPLICA_MARKER]: paths.id,
    [DATA_MARKER]: paths.dataDir,
  };
}

/**
 * What a pooled watchdog is started with: everything that is the same for each function and read once at the start,
 * and the marks of the replica that it will be.
 */
export function pooledEnvironment(
  { id, dataDir, run }: Pick<ReplicaPaths, 'id' | 'dataDir' | 'run'>,
  machine: MachineEnvironment,
): Record<string, string> {
  return {
    ...machineVariables(machine, run),
    TMPDIR: temporary(run),
    [REPLICA_MARKER]: id,
    [DATA_MARKER]: dataDir,
  };
}

const machineVariables = ({ path, lang, timeZone }: MachineEnvironment, run: string): Record<string, string> => ({
  PATH: path,
  HOME: temporary(run),
  LANG: lang ?? 'C.UTF-8',
  ...(timeZone && { TZ: timeZone }),
});

const temporary = (run: string): string => join(run, 'tmp');

/** Checks variables before they are stored. @throws FaasError `invalid_request`: field, rule, value */
export function checkVariables(field: string, variables: Readonly<Record<string, string>>): void {
  let total = 0;
  for (const [name, value] of Object.entries(variables)) {
    if (!NAME.test(name))
      throw invalid(`${field}: a name has letters, digits, "_", "-" and ".", and no digit first, got ${quoted(name)}`);
    // They are orders to Bun, the runtime inside the watchdog's executable.
    if (name.startsWith('BUN_'))
      throw invalid(`${field}.${name}: names that begin with BUN_ are the watchdog's own; choose another`);
    if (value.includes('\0')) throw invalid(`${field}.${name} contains a NUL character; the system cannot pass it on`);
    const bytes = Buffer.byteLength(name) + 1 + Buffer.byteLength(value);
    if (bytes > MAX_VARIABLE_BYTES)
      throw invalid(
        `${field}.${name} has ${bytes} bytes; the system passes on at most ${MAX_VARIABLE_BYTES}; use a file`,
      );
    total += bytes;
  }
  if (total > MAX_TOTAL_BYTES)
    throw invalid(`${field} has ${total} bytes in all; the system passes on at most ${MAX_TOTAL_BYTES}; use files`);
}

const invalid = (message: string): FaasError => new FaasError('invalid_request', message);
const quoted = (name: string): string => JSON.stringify(name.slice(0, 80));
