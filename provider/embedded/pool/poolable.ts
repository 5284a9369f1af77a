import type { FunctionSpec } from '../../provider.ts';
import { replicaLimits } from '../../quantities.ts';
import type { BundleManifest } from '../../wire/bundle.ts';
import type { Cgroups } from '../limits/cgroups.ts';

/**
 * Variables that the runtime, or the system's library below it, reads once as a process starts. A process that runs
 * already would not see them: its replica is started for itself.
 */
const READ_AT_START =
  /^(BUN_|NODE_|JSC_|WTF_|UV_|LD_|LC_|MALLOC_|MIMALLOC_|GLIBC_|GCONV_|LOCPATH|NLSPATH|RES_|LOCALDOMAIN|HOSTALIASES|OPENSSL_|SSL_|SSLKEYLOGFILE|TZ|LANG|PATH$|HOME$|TERM|COLORTERM|FORCE_COLOR|NO_COLOR|CI$|.*_PROXY$)/i;

/**
 * Whether a process that was started without knowing of it can become a replica of this function. One that is to be in
 * a control group cannot: the kernel counts memory where it was taken, and moving a process takes longer than a start.
 */
export function isPoolable(spec: FunctionSpec, manifest: BundleManifest, cgroups: Pick<Cgroups, 'limits'>): boolean {
  const variables = { ...manifest.environment, ...spec.envVars };
  if ((variables.mode ?? manifest.mode) !== 'module') return false;
  return !Object.keys(variables).some((name) => READ_AT_START.test(name)) && !cgroups.limits(replicaLimits(spec));
}
