import process from 'node:process';
import type { Libc } from './libc.ts';

type Options = { readonly env?: unknown };
type Spawn = (command: unknown, options?: Options) => unknown;
type WorkerClass = new (url: unknown, options?: Options) => object;

/** The part of Bun that gives what it starts the environment of the exec by default. */
interface Runtime {
  Bun: { spawn: Spawn; spawnSync: Spawn };
  Worker: WorkerClass;
}

/** Whatever asks for the environment from now on sees this one: the handler, what it starts, native code. */
export function replaceEnvironment(variables: Readonly<Record<string, string>>, libc: Libc): void {
  for (const name of Object.keys(process.env)) if (!(name in variables)) delete process.env[name];
  Object.assign(process.env, variables);
  libc.setEnvironment(variables);
  const runtime = globalThis as unknown as Runtime;
  const { Bun } = runtime;
  Bun.spawn = withEnvironment(Bun.spawn, variables);
  Bun.spawnSync = withEnvironment(Bun.spawnSync, variables);
  runtime.Worker = workerWithEnvironment(runtime.Worker, variables);
}

/** Both forms that there are: `(command, options)` and `({ cmd, ...options })`. */
function withEnvironment(original: Spawn, env: Readonly<Record<string, string>>): Spawn {
  const { name } = original;
  const wrapped = {
    [name](command: unknown, options?: Options): unknown {
      if (Array.isArray(command)) return original(command, { ...options, env: options?.env ?? env });
      return original({ ...(command as Options), env: (command as Options)?.env ?? env });
    },
  };
  return wrapped[name]!;
}

function workerWithEnvironment(Original: WorkerClass, env: Readonly<Record<string, string>>): WorkerClass {
  return class Worker extends Original {
    constructor(url: unknown, options?: Options) {
      super(url, { ...options, env: options?.env ?? env });
    }
  };
}
