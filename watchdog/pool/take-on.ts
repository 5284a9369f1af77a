import { readSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute } from 'node:path';
import process from 'node:process';
import type { ModeDeps } from '../modes/mode.ts';
import { startGuardThread } from '../modes/module/loop-guard.ts';
import { replaceEnvironment } from './environment.ts';
import { type Libc, loadLibc } from './libc.ts';
import { warmUp } from './warm-up.ts';

/** What a pooled watchdog becomes: docs/ARCHITECTURE.md, "A pooled watchdog". */
export interface Assignment {
  /** The function's own user and group; absent where functions have none of their own. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly cwd: string;
  /** The whole environment of the replica. */
  readonly environment: Readonly<Record<string, string>>;
}

const STDIN = 0;
const CHUNK_BYTES = 64 * 1024;
const LINE_FEED = 10;

/**
 * Does ahead what every start of a watchdog in module mode does, says so, and waits until it is told which replica to
 * be; then this process differs in nothing from one that was started as that replica. The function's code is loaded
 * later: here everything is still the engine's.
 *
 * @param announce says that it waits now
 * @returns undefined when the engine ended instead
 * @throws Error when it cannot become what it was told; it must end then
 */
export async function takeOn(announce: () => void): Promise<Pick<ModeDeps, 'guardThread'> | undefined> {
  const libc = await loadLibc();
  await warmUp(tmpdir());
  const guardThread = await startGuardThread();
  if (process.getuid!() === 0) process.setgroups!([]);
  announce();
  const assignment = awaitAssignment();
  if (assignment === undefined) return undefined;
  become(assignment, libc);
  return { guardThread };
}

/** Blocks the process: it has nothing else to do, costs nothing and ends with the engine, whose end closes the input. */
function awaitAssignment(): Assignment | undefined {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const length = readSync(STDIN, chunk);
    if (length === 0) return undefined;
    chunks.push(chunk.subarray(0, length));
    if (chunk[length - 1] === LINE_FEED) return JSON.parse(Buffer.concat(chunks).toString()) as Assignment;
  }
}

function become({ owner, cwd, environment }: Assignment, libc: Libc): void {
  // Like every other replica's; and nobody can tell it anything any more.
  libc.emptyInput();
  if (owner) dropTo(owner, libc);
  if (!isAbsolute(cwd)) throw new Error(`a working directory must be absolute, got ${cwd}`);
  process.chdir(cwd);
  replaceEnvironment(environment, libc);
}

/** All threads, each woken for each of these by the system's library; so root's groups were left before. */
function dropTo({ uid, gid }: NonNullable<Assignment['owner']>, libc: Libc): void {
  process.setgid!(gid);
  process.setuid!(uid);
  const now = [process.getuid!(), process.geteuid!(), process.getgid!(), process.getegid!(), ...process.getgroups!()];
  if (now.some((id, index) => id !== (index < 2 ? uid : gid))) throw new Error(`cannot become user ${uid}`);
  libc.ownProcessFiles();
}
