import type { EndedReplicas } from '../ended-replicas.ts';
import type { BundleFolders } from './bundles/bundle-folders.ts';
import type { DataFolder } from './data-folder.ts';
import type { MachineEnvironment } from './environment.ts';
import type { ManagedFunction } from './functions/managed-function.ts';
import type { Cgroups } from './limits/cgroups.ts';
import type { ResidentWatch } from './limits/resident-watch.ts';
import type { EmbeddedLimits } from './options.ts';
import type { WarmPool } from './pool/warm-pool.ts';
import type { MarkedProcesses } from './processes/marked-processes.ts';
import type { AdoptedProcesses } from './replicas/adopted-processes.ts';
import type { State } from './state.ts';

/** What functions and replicas share. */
export interface Engine {
  readonly folder: DataFolder;
  readonly state: State;
  readonly bundles: BundleFolders;
  readonly cgroups: Cgroups;
  readonly resident: ResidentWatch;
  readonly processes: MarkedProcesses;
  readonly adopted: AdoptedProcesses;
  readonly ended: EndedReplicas;
  readonly pool: WarmPool;
  readonly machine: MachineEnvironment;
  readonly limits: EmbeddedLimits;
  readonly log: (line: string) => void;
  /** Tells the observers. */
  changed(changed: ManagedFunction): void;
  /** Something that the replica held may be free now. */
  replicaGone(of: ManagedFunction): void;
  nextOrder(): number;
  /** Goes on without the caller; a failure is logged, and close waits for it. */
  inBackground(work: Promise<unknown>): void;
}
