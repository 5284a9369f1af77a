import { replicaLimits } from '../../quantities.ts';
import type { BundleManifest } from '../../wire/bundle.ts';
import { ownerOf } from '../data-folder.ts';
import type { Engine } from '../engine.ts';
import { replicaEnvironment } from '../environment.ts';
import type { ReplicaCgroup } from '../limits/cgroups.ts';
import type { PooledProcess } from '../pool/pooled-process.ts';
import type { FunctionRecord } from '../state.ts';
import { removeTree } from './remove-tree.ts';
import type { ReplicaFiles } from './replica-files.ts';
import { type ProcessEvents, type ReplicaProcess, spawnReplica } from './replica-process.ts';

/** Modes whose process lives for one call: one that is killed for memory ends that call only. */
const PROCESS_PER_CALL = ['fork', 'serializing', 'streaming'];

export interface Launched {
  /** Absent when there is no process; its `onExit` comes later all the same. */
  readonly process: ReplicaProcess | undefined;
  readonly cgroup: ReplicaCgroup | undefined;
}

/**
 * Makes what a replica runs in (folder, control group, environment) and its process, which is `pooled` where that is
 * given.
 *
 * @throws Error when one of them cannot be made; then nothing of it is left
 */
export function launch(
  engine: Engine,
  record: FunctionRecord,
  manifest: BundleManifest,
  {
    id,
    files,
    pooled,
  }: { readonly id: string; readonly files: ReplicaFiles; readonly pooled: PooledProcess | undefined },
  events: ProcessEvents,
): Launched {
  const { folder, cgroups } = engine;
  const { spec, digest } = record;
  const owner = ownerOf(record);
  let cgroup: ReplicaCgroup | undefined;
  try {
    if (pooled) folder.giveRun(id, owner);
    else folder.makeRun(id, owner);
    cgroup = pooled
      ? pooled.cgroup
      : cgroups.create(id, replicaLimits(spec), !PROCESS_PER_CALL.includes(manifest.mode));
    const bundle = folder.bundle(digest);
    const paths = { ...files, id, dataDir: folder.root, bundle, secrets: folder.secretsOf(spec) };
    const request = {
      watchdog: folder.watchdog,
      cwd: bundle,
      environment: replicaEnvironment(spec, manifest, paths, engine.machine),
      owner,
      cgroup,
      stderrFile: files.stderrFile,
    };
    return { process: pooled ? pooled.takeOn(request, events) : spawnReplica(request, events), cgroup };
  } catch (error) {
    pooled?.kill();
    cgroup?.remove();
    engine.inBackground(removeTree(files.run, owner));
    throw error;
  }
}
