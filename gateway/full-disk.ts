const CODES: readonly unknown[] = ['ENOSPC', 'EDQUOT'];

/**
 * A full disk, or a used-up quota, in the system's words or SQLite's (of whose errors a thread passes only the text).
 */
export const isDiskFull = (error: unknown): error is Error =>
  error instanceof Error &&
  (CODES.includes((error as NodeJS.ErrnoException).code) || error.message === 'database or disk is full');
