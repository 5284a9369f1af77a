import { openSync } from 'node:fs';

/** What the runtime cannot say to the system. */
export interface Libc {
  /** Nothing more comes on descriptor 0. */
  emptyInput(): void;
  /** Makes the files in /proc/self the process's own again, as after an exec; after a change of user they are root's. */
  ownProcessFiles(): void;
  /** Replaces the environment that native code sees. */
  setEnvironment(variables: Readonly<Record<string, string>>): void;
}

/** The part of bun:ffi that is used. */
interface Ffi {
  dlopen<Name extends string>(
    library: string,
    functions: Readonly<Record<Name, { readonly args: readonly string[]; readonly returns: string }>>,
  ): { readonly symbols: Readonly<Record<Name, (...args: readonly unknown[]) => number>> };
}

/** prctl(2). */
const PR_SET_DUMPABLE = 4;

/** @throws Error when the runtime is not the executable's, or the library is another than GNU's */
export async function loadLibc(): Promise<Libc> {
  const { dlopen } = (await import('bun:ffi' as string)) as Ffi;
  const { symbols } = dlopen('libc.so.6', {
    dup2: { args: ['i32', 'i32'], returns: 'i32' },
    close: { args: ['i32'], returns: 'i32' },
    prctl: { args: ['i32', 'u64', 'u64', 'u64', 'u64'], returns: 'i32' },
    clearenv: { args: [], returns: 'i32' },
    setenv: { args: ['cstring', 'cstring', 'i32'], returns: 'i32' },
  });
  const check = (result: number, what: string): void => {
    if (result === -1) throw new Error(`${what} failed`);
  };
  const nothing = openSync('/dev/null', 'r');
  return {
    emptyInput() {
      check(symbols.dup2(nothing, 0), 'dup2');
      check(symbols.close(nothing), 'close');
    },
    ownProcessFiles() {
      check(symbols.prctl(PR_SET_DUMPABLE, 1n, 0n, 0n, 0n), 'prctl');
    },
    setEnvironment(variables) {
      check(symbols.clearenv(), 'clearenv');
      for (const [name, value] of Object.entries(variables))
        check(symbols.setenv(zeroEnded(name), zeroEnded(value), 1), 'setenv');
    },
  };
}

const zeroEnded = (text: string): Buffer => Buffer.from(`${text}\0`);
