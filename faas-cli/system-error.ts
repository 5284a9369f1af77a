/** What the system refused, in words with a remedy; undefined for what is no such refusal. */
export function describeSystemError(error: Error): string | undefined {
  const { code, path, dest } = error as NodeJS.ErrnoException & { readonly dest?: string };
  // A copy fails at its end.
  const where = dest ?? path;
  const at = where === undefined ? '' : `: cannot write ${where}`;
  if (code === 'ENOSPC') return `the disk is full${at}; free some space, and run it again`;
  if (code === 'EDQUOT') return `your disk quota is used up${at}; free some space, and run it again`;
  if (code === 'EROFS') return `the file system is read-only${at}; work in a folder that you may write to`;
  if (code === 'EACCES' || code === 'EPERM')
    return `no permission on ${where ?? 'a file'}; it belongs to another user, or its folder does: see "ls -ld" of both`;
  return undefined;
}
