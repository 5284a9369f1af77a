import type { FunctionSpec } from '../../provider.ts';
import type { BundleManifest } from '../../wire/bundle.ts';

/**
 * Variables that the runtime, or the system's library below it, reads once as a process starts. A process that runs
 * already would not see them: its replica is started for itself.
 */
const READ_AT_START =
  /^(BUN_|NODE_|JSC_|WTF_|UV_|LD_|LC_|MALLOC_|MIMALLOC_|GLIBC_|GCONV_|LOCPATH|NLSPATH|RES_|LOCALDOMAIN|HOSTALIASES|OPENSSL_|SSL_|SSLKEYLOGFILE|TZ|LANG|PATH$|HOME$|TERM|COLORTERM|FORCE_COLOR|NO_COLOR|CI$|.*_PROXY$)/i;

/**
 * What functions need of the pool: nothing; a process; or one that has been in a control group since its start, for
 * their limits are that group's: the kernel counts memory where it was taken, and moving a process takes longer than a
 * start.
 */
export type PoolNeed = 'none' | 'plain' | 'limited';

/** Whether a process that was started without knowing of it can become a replica of this function. */
export function isPoolable(spec: FunctionSpec, { mode, environment }: BundleManifest): boolean {
  const variables = { ...environment, ...spec.envVars };
  if ((variables.mode ?? mode) !== 'module') return false;
  return !Object.keys(variables).some((name) => READ_AT_START.test(name));
}
