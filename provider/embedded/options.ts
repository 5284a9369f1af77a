import type { HandedOver } from './replicas/recover-replicas.ts';

/** What main.ts gives the embedded engine. Nothing else is read from the process. */
export interface EmbeddedOptions {
  /** The one folder of all state; whoever creates the provider holds the lock on it. */
  readonly dataDir: string;
  /** The watchdog's executable. */
  readonly watchdogPath: string;
  /** A Node binary that functions find as `node`, whatever the machine has. */
  readonly nodePath?: string;
  /** Who this process runs as. With uid 0 each function gets a user of its own. */
  readonly user: { readonly uid: number };
  /** PATH, LANG and TZ are taken from it for functions, nothing else. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Receives one line for people at a time. */
  readonly log: (line: string) => void;
  /** What the engine before this one said as it let go of its replicas. */
  readonly handedOver?: HandedOver;
  readonly limits?: Partial<EmbeddedLimits>;
  /** Where control groups are mounted; /sys/fs/cgroup. */
  readonly cgroupRoot?: string;
}

export interface EmbeddedLimits {
  /** A replica that is not ready by then is ended. */
  readonly startTimeoutMs: number;
  /** Replicas of one function that are being started; each start takes time in which no call is answered. */
  readonly startsAtOnce: number;
  /** How long a replica may drain before SIGKILL; longer when the function's own timeouts are. */
  readonly stopGraceMs: number;
  readonly uploadBytes: number;
  readonly extractedBytes: number;
  readonly bundleEntries: number;
  /** Logs that are kept of replicas that ended, per function. */
  readonly endedLogs: number;
  /** User and group ids for functions, from `firstUid` on. */
  readonly firstUid: number;
  readonly uids: number;
  /** The most watchdogs that wait, started, for a function in module mode; 0 is none. */
  readonly warmPool: number;
}

export const DEFAULT_LIMITS: EmbeddedLimits = {
  startTimeoutMs: 30_000,
  startsAtOnce: 32,
  stopGraceMs: 10_000,
  uploadBytes: 512 * 1024 ** 2,
  extractedBytes: 1024 ** 3,
  bundleEntries: 50_000,
  endedLogs: 10,
  firstUid: 30_000,
  uids: 30_000,
  warmPool: 4,
};
