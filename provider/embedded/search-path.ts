import { statSync } from 'node:fs';
import { dirname } from 'node:path';

const STANDARD = ['/usr/local/bin', '/usr/bin', '/bin'];
const OTHERS_MAY_ENTER = 0o001;

/**
 * The PATH of functions: our own folder, then what is on the gateway's PATH and can be entered by any user, then the
 * standard folders. A tool under /root would be found but could not be run; it must not hide the system's own.
 *
 * @param restricted whether functions run as users of their own
 */
export function searchPath(binDir: string, path: string, restricted: boolean): string {
  const given = path.split(':').filter((folder) => folder.startsWith('/') && !isOfNpm(folder));
  const usable = restricted ? given.filter((folder) => firstClosedFolder(folder) === undefined) : given;
  return [...new Set([binDir, ...usable, ...STANDARD])].join(':');
}

/** npm puts the checkout's own tools first while it runs a script; they are no business of functions. */
function isOfNpm(folder: string): boolean {
  return folder.endsWith('/node_modules/.bin') || folder.endsWith('/node-gyp-bin');
}

/** The topmost folder on the way to `path`, itself included, that other users cannot enter. */
export function firstClosedFolder(path: string): string | undefined {
  const above = dirname(path);
  const closed = above === path ? undefined : firstClosedFolder(above);
  if (closed !== undefined) return closed;
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined || (stats.mode & OTHERS_MAY_ENTER) === 0 ? path : undefined;
}
