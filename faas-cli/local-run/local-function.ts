import { FaasError } from '../../common/errors.ts';

/** One function that runs alone on this machine. */
export interface LocalFunction {
  /** Settles only when it ends by itself: rejects with `replica_crashed`. */
  readonly ended: Promise<never>;
  /** Ends it, calls in flight first, and removes what was made for it. */
  close(): Promise<void>;
}

export interface LocalFunctionOptions {
  /** 0 is a free one. */
  readonly port: number;
  /** Only shows the command that would run it. */
  readonly print: boolean;
}

export const ranOut = (name: string, how: string): FaasError =>
  new FaasError('replica_crashed', `function ${name} ended by itself: ${how}`);

export const notBuilt = (name: string, cause: unknown): FaasError =>
  new FaasError('invalid_request', `function ${name} has not been built; leave out --build=false`, { cause });

export const runningLine = (name: string, port: number | string): string =>
  `Running ${name} on http://127.0.0.1:${port}; Ctrl-C ends.\n`;

/** A word of a shell's command line. */
export const shellWord = (text: string): string =>
  /^[\w./:=@,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
