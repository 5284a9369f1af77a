import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  linkSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import { type FunctionRef, refKey } from '../provider.ts';
import type { EmbeddedOptions } from './options.ts';
import { firstClosedFolder } from './search-path.ts';

/** sockaddr_un holds 107 bytes and a zero (unix(7)). */
const SOCKET_PATH_BYTES = 107;
/** The longest name below the folder: a socket that the watchdog or the function makes in its TMPDIR. */
const LONGEST_SOCKET = '/run/0123456789/tmp/function-abcdef.sock';
const OTHERS_MAY_ENTER = 0o711;
const OWNER_ONLY = 0o700;

/** A user and group of the system. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Of a function that has a user of its own: its group has the same number. */
export const ownerOf = ({ uid }: { readonly uid?: number }): Owner | undefined =>
  uid === undefined ? undefined : { uid, gid: uid };

/** Where everything is. Users of functions may pass through the folder but list nothing outside their own. */
export class DataFolder {
  readonly root: string;
  readonly stateFile: string;
  readonly bundles: string;
  /** Uploads and half-made folders; swept at each start. */
  readonly work: string;
  readonly run: string;
  readonly functions: string;
  readonly bin: string;
  readonly watchdog: string;
  /** Whether each function has a user of its own. */
  readonly isolated: boolean;

  /**
   * Makes the folders.
   *
   * @throws FaasError `invalid_request` when the path is too long, cannot be written or cannot be entered by functions
   */
  constructor(options: Pick<EmbeddedOptions, 'dataDir' | 'user' | 'watchdogPath' | 'nodePath'>) {
    this.isolated = options.user.uid === 0;
    this.root = makeRoot(options.dataDir, this.isolated);
    const state = join(this.root, 'state');
    this.stateFile = join(state, 'state.db');
    this.work = join(this.root, 'work');
    this.bundles = join(this.root, 'bundles');
    this.run = join(this.root, 'run');
    this.functions = join(this.root, 'functions');
    this.bin = join(this.root, 'bin');
    rmSync(this.work, { recursive: true, force: true });
    for (const folder of [state, this.work]) makeFolder(folder, OWNER_ONLY);
    for (const folder of [this.bundles, this.run, this.functions, this.bin]) makeFolder(folder, OTHERS_MAY_ENTER);
    this.watchdog = this.#offer('fwatchdog', options.watchdogPath);
    if (options.nodePath !== undefined) this.#offer('node', options.nodePath);
  }

  bundle(digest: string): string {
    return join(this.bundles, digest.slice('sha256:'.length));
  }
  /** The replica's own folder: socket, termination log, HOME and TMPDIR. */
  runOf(replica: string): string {
    return join(this.run, replica);
  }
  of(ref: FunctionRef): string {
    return join(this.functions, refKey(ref));
  }
  logsOf(ref: FunctionRef): string {
    return join(this.of(ref), 'logs');
  }
  secretsOf(ref: FunctionRef): string {
    return join(this.of(ref), 'secrets');
  }

  /** Makes the folders of a function. Idempotent; its own user can write to its logs only. */
  makeFunction(ref: FunctionRef, owner: Owner | undefined): void {
    makeFolder(this.of(ref), OTHERS_MAY_ENTER);
    makeFolder(this.logsOf(ref), OWNER_ONLY, owner);
    makeFolder(this.secretsOf(ref), 0o750, owner && { uid: 0, gid: owner.gid });
  }

  /** On the path of a cold start: no more system calls than needed. */
  makeRun(replica: string, owner: Owner | undefined): void {
    const folder = this.runOf(replica);
    mkdirSync(folder, OWNER_ONLY);
    mkdirSync(join(folder, 'tmp'), OWNER_ONLY);
    this.giveRun(replica, owner);
  }

  /** Makes a replica's folder its function's. */
  giveRun(replica: string, owner: Owner | undefined): void {
    if (!owner) return;
    const folder = this.runOf(replica);
    chownSync(join(folder, 'tmp'), owner.uid, owner.gid);
    chownSync(folder, owner.uid, owner.gid);
  }

  /**
   * A link, or where that is not possible a copy, of an executable: the checkout may be where functions cannot go.
   * Replaced by renaming, so that running replicas keep the one they started from.
   */
  #offer(name: string, source: string): string {
    const target = join(this.bin, name);
    const unfinished = join(this.work, name);
    const wanted = statSync(source, { throwIfNoEntry: false });
    if (!wanted?.isFile())
      throw new FaasError('invalid_request', `There is no executable ${source}; run "npm run build" in the checkout`);
    const present = statSync(target, { throwIfNoEntry: false });
    if (present?.ino === wanted.ino && present.dev === wanted.dev) return target;
    try {
      // A linked file keeps its mode, so it must be one that everybody may run.
      if ((wanted.mode & 0o055) !== 0o055) throw new Error('not for everybody');
      linkSync(realpathSync(source), unfinished);
    } catch {
      if (present?.size === wanted.size && present.mtimeMs >= wanted.mtimeMs) return target;
      copyFileSync(source, unfinished, constants.COPYFILE_FICLONE);
      chmodSync(unfinished, 0o755);
    }
    renameSync(unfinished, target);
    return target;
  }
}

function makeRoot(dataDir: string, isolated: boolean): string {
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new FaasError('invalid_request', `The data folder ${dataDir} cannot be written: ${reason}; choose another`, {
      cause,
    });
  }
  const root = realpathSync(dataDir);
  const room = SOCKET_PATH_BYTES - Buffer.byteLength(LONGEST_SOCKET);
  if (Buffer.byteLength(root) > room)
    throw new FaasError(
      'invalid_request',
      `The path of the data folder ${root} has ${Buffer.byteLength(root)} bytes, but at most ${room} leave room for ` +
        `sockets (the system's limit is ${SOCKET_PATH_BYTES} for a whole path); choose a shorter one`,
    );
  chmodSync(root, isolated ? OTHERS_MAY_ENTER : OWNER_ONLY);
  const closed = isolated ? firstClosedFolder(root) : undefined;
  if (closed !== undefined)
    throw new FaasError(
      'invalid_request',
      `Functions run as users of their own, who cannot enter ${closed}: choose a data folder elsewhere, such as ` +
        `/var/lib/dunlin, or run "chmod o+x ${closed}"`,
    );
  return root;
}

/** The mode does not depend on the umask. */
function makeFolder(path: string, mode: number, owner?: Owner): void {
  mkdirSync(path, { recursive: true });
  if (owner) chownSync(path, owner.uid, owner.gid);
  chmodSync(path, mode);
}
