import type { GatewayClient } from '../../provider/client.ts';
import type { Target } from '../../provider/client-requests.ts';

/** Follows the logs of functions, each once, from its first line on. */
export class FollowedLogs {
  readonly #client: GatewayClient;
  readonly #onLine: (name: string, line: string) => void;
  readonly #ending = new AbortController();
  readonly #followed = new Map<string, Promise<void>>();
  readonly #since = new Map<string, Date>();

  constructor(client: GatewayClient, onLine: (name: string, line: string) => void) {
    this.#client = client;
    this.#onLine = onLine;
  }

  /** Follows a function's, unless that goes on already. One that there is not yet can be named again. */
  follow(ref: Target): void {
    const key = `${ref.name}.${ref.namespace ?? ''}`;
    if (this.#followed.has(key)) return;
    const following = this.#follow(ref, key)
      // Its function is not there, or its gateway is going.
      .catch(() => undefined)
      .then(() => void this.#followed.delete(key));
    this.#followed.set(key, following);
  }

  async #follow(ref: Target, key: string): Promise<void> {
    const request = { ...ref, follow: true, tail: -1, since: this.#since.get(key) };
    for await (const { timestamp, text } of this.#client.logs(request, this.#ending.signal)) {
      // Another time, only what came after.
      this.#since.set(key, new Date(Date.parse(timestamp) + 1));
      this.#onLine(ref.name, text);
    }
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#followed.values());
  }
}
