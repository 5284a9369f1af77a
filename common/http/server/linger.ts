import type { Socket } from 'node:net';
import { Deadline, type Expiring } from '../deadline.ts';

/** After the last answer the connection is read on until the client is silent for this long, ... */
const QUIET_MS = 2000;
/** ... or this often has been looked whether it is. */
const LOOKS = 15;

/**
 * Closes a connection whose client is still sending: a socket closed on unread bytes is reset, and by that the client
 * may lose the last answer.
 */
export class Linger implements Expiring {
  readonly #socket: Socket;
  #deadline: Deadline;
  #looks = 1;
  #heard = false;

  /** Sends the end. Who reads tells of what comes by {@link hear}. */
  constructor(socket: Socket) {
    this.#socket = socket;
    socket.end();
    this.#deadline = new Deadline(this, QUIET_MS);
  }

  hear(): void {
    this.#heard = true;
  }

  onDeadline(): void {
    if (!this.#heard || this.#looks++ === LOOKS) {
      this.#socket.destroy();
      return;
    }
    this.#heard = false;
    this.#deadline = new Deadline(this, QUIET_MS);
  }

  cancel(): void {
    this.#deadline.cancel();
  }
}
