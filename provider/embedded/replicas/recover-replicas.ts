import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { type FunctionRef, refKey } from '../../provider.ts';
import type { Engine } from '../engine.ts';
import type { ManagedFunction } from '../functions/managed-function.ts';
import { killAll } from '../processes/kill-all.ts';
import { isRunning } from '../processes/proc.ts';
import type { ReplicaRecord } from '../state.ts';
import { removeTree } from './remove-tree.ts';

/** A replica that does not answer by then is ended; one that is only busy answers sooner. */
const ANSWER_MS = 2000;

/** What an engine that let go of its replicas says of them, beside what it recorded. */
export interface HandedOver {
  /** Those that were told to stop, with the milliseconds that each has left to drain. */
  readonly stopping: Readonly<Record<string, number>>;
}

/**
 * After a gateway that was killed, or one that handed over: adopts the replicas that it recorded, that still run and
 * that answer; ends every other process of this engine, recorded or not; removes what they left.
 */
export async function recoverReplicas(
  engine: Engine,
  find: (ref: FunctionRef) => ManagedFunction | undefined,
  handedOver?: HandedOver,
): Promise<void> {
  const { state, folder, processes, cgroups, log } = engine;
  const recorded = await state.replicas();
  const adopted = new Set<string>();
  const consider = async (replica: ReplicaRecord) => {
    const owner = find(replica);
    if (!owner || !isRunning(replica.pid, replica.startTime)) return;
    // Of one that was handed over it is known that it serves, though it may be too busy to answer.
    if (!handedOver && !(await answers(join(folder.runOf(replica.id), 'sock')))) return;
    owner.adopt(replica, handedOver?.stopping[replica.id]);
    adopted.add(replica.id);
  };
  await Promise.all(recorded.map(consider));
  const isOrphan = ({ replica }: { replica: string }) => !adopted.has(replica);
  const orphans = new Set((await processes.find()).filter(isOrphan).map(({ replica }) => replica));
  const stuck = await killAll(async () => (await processes.find()).filter(isOrphan).map(({ pid }) => pid));
  if (stuck.length > 0) log(`Processes ${stuck.join(', ')} of earlier replicas cannot be ended`);
  cgroups.sweep((replica) => adopted.has(replica));
  // Nothing runs in them any more, and their users may be gone.
  for (const replica of await readdir(folder.run))
    if (!adopted.has(replica)) await removeTree(folder.runOf(replica), undefined);
  for (const { id } of recorded) if (!adopted.has(id)) await state.removeReplica(id);
  if (adopted.size + orphans.size === 0) return;
  const names = new Set(recorded.filter(({ id }) => adopted.has(id)).map(refKey));
  const kept = adopted.size > 0 ? ` (${[...names].join(', ')})` : '';
  log(`Found replicas of an earlier gateway: ${adopted.size} adopted${kept}, ${orphans.size} ended`);
}

/** Whether its watchdog answers. */
function answers(socketPath: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const signal = AbortSignal.timeout(ANSWER_MS);
  request({ socketPath, path: '/_/health', agent: false, signal }, (response) => {
    response.resume();
    resolve(response.statusCode === 200);
  })
    .on('error', () => resolve(false))
    .end();
  return promise;
}
