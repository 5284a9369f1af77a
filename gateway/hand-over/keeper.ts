import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';

/**
 * What becomes of the process that was started first once another gateway has replaced it: it keeps the terminal, the
 * service manager or the container that knows its process id, passes on signals, and ends as the last gateway ends.
 *
 * The pipe is held by the gateway that serves, and by those that still drain: it ends with the last of them. They write
 * `pid N` when they serve and `exit N` when they end in good order; nothing is written to them.
 */
export class Keeper {
  /** Resolves with the exit code of the last gateway. */
  readonly ended: Promise<number>;
  #pid: number;

  constructor(link: Duplex, pid: number) {
    this.#pid = pid;
    const { promise, resolve } = Promise.withResolvers<number>();
    this.ended = promise;
    let exitCode = 1;
    createInterface(link).on('line', (line) => {
      const [word, number] = line.split(' ');
      if (word === 'pid') this.#pid = Number(number);
      if (word === 'exit') exitCode = Number(number);
    });
    link.on('error', () => undefined).once('close', () => resolve(exitCode));
  }

  /** The gateway that serves. */
  get pid(): number {
    return this.#pid;
  }
}
