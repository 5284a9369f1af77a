import type { HttpRequest } from '../../common/http/message.ts';
import type { WatchdogConfig } from '../config.ts';
import { cgiVariables } from './cgi.ts';
import { Child } from './child.ts';

/**
 * Starts the processes of the fork modes, one per call. With `prefork` some wait ahead, started without the
 * variables of a request; each serves one call all the same.
 */
export class Launcher {
  readonly #config: WatchdogConfig;
  readonly #env: Readonly<Record<string, string>>;
  readonly #running = new Set<Child>();
  readonly #waiting: Child[] = [];
  #closed = false;

  constructor(config: WatchdogConfig, env: Readonly<Record<string, string>>) {
    this.#config = config;
    this.#env = env;
  }

  /** Starts the processes that wait. @throws Error when the command cannot be started */
  prefork(): void {
    while (!this.#closed && this.#waiting.length < this.#config.prefork) this.#waiting.push(this.#start(this.#env));
  }

  /** The process for a call. @throws Error with the system's reason */
  launch(req: HttpRequest): Child {
    if (this.#config.prefork > 0) {
      // After this turn, so that the call at hand does not wait for its successor's process.
      setImmediate(() => this.#refill());
      for (let child = this.#waiting.shift(); child !== undefined; child = this.#waiting.shift())
        if (child.running) return child;
    }
    if (!this.#config.cgiHeaders) return this.#start(this.#env);
    return this.#start({ ...this.#env, ...cgiVariables(req, this.#config.mode === 'fork') });
  }

  /** Ends what runs and what waits, now. */
  kill(): void {
    this.#closed = true;
    for (const child of this.#running) child.signal('SIGKILL');
  }

  #start(env: Readonly<Record<string, string>>): Child {
    const child = new Child(this.#config.command, env);
    this.#running.add(child);
    void child.closed.then(() => this.#running.delete(child));
    return child;
  }

  #refill(): void {
    try {
      this.prefork();
    } catch {
      // The next call starts its own process, and tells its caller why that fails.
    }
  }
}
