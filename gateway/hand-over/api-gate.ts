import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/** Lets requests that may change something wait while the gateway is being replaced; reads go through. */
export class ApiGate {
  readonly #serve: RequestListener;
  readonly #writing = new Set<IncomingMessage>();
  #held: (() => void)[] | undefined;
  #onIdle: (() => void) | undefined;

  constructor(serve: RequestListener) {
    this.#serve = serve;
  }

  enter(req: IncomingMessage, res: ServerResponse): void {
    if (req.method === 'GET' || req.method === 'HEAD') this.#serve(req, res);
    else if (this.#held) this.#held.push(() => this.#write(req, res));
    else this.#write(req, res);
  }

  /**
   * From now on changes wait. Resolves once those that were under way have ended.
   *
   * @throws Error that names one that is still under way after `withinMs`; nothing is held then
   */
  async hold(withinMs: number): Promise<void> {
    this.#held ??= [];
    if (this.#writing.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onIdle = resolve;
    const timer = setTimeout(resolve, withinMs);
    await promise;
    clearTimeout(timer);
    this.#onIdle = undefined;
    const [busy] = this.#writing;
    if (busy === undefined) return;
    this.release();
    throw new Error(`${busy.method} ${busy.url} is still under way after ${withinMs / 1000} s; try again`);
  }

  /** Those that waited go on. Idempotent. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const go of held) go();
  }

  #write(req: IncomingMessage, res: ServerResponse): void {
    if (res.destroyed) return;
    this.#writing.add(req);
    res.once('close', () => {
      this.#writing.delete(req);
      if (this.#writing.size === 0) this.#onIdle?.();
    });
    this.#serve(req, res);
  }
}
