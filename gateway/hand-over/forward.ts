import { FaasError } from '../../common/errors.ts';
import type { HttpRequest, HttpResponse } from '../../common/http/message.ts';
import { relay } from '../../common/http/relay.ts';
import { sendProblem } from '../../common/http/send-problem.ts';
import { Upstream } from '../../common/http/upstream.ts';
import { readCallHead, requestHeaders, startTimeNow } from '../invoke/call-head.ts';

/** Sends what a gateway that was replaced still receives to the one that replaced it, which alone knows what is true. */
export class Forward {
  readonly #upstream: Upstream;
  readonly #product: string;

  /** @param path of the Unix socket where the new gateway serves */
  constructor(path: string, product: string) {
    this.#upstream = new Upstream({ path });
    this.#product = product;
  }

  /** @param token an Authorization header that was taken out of the request */
  send(req: HttpRequest, res: HttpResponse, token?: string): void {
    // It may have waited since before the connection was to end.
    res.shouldKeepAlive = false;
    const added = requestHeaders(req, readCallHead(req.rawHeaders), startTimeNow(), this.#product);
    if (token !== undefined) added.push('Authorization', token);
    relay(req, res, this.#upstream, {
      target: req.url!,
      addRequestHeaders: added,
      onDone: (outcome) => {
        if (outcome.kind === 'answered' || outcome.kind === 'client_gone' || outcome.headSent) return;
        const message = 'This gateway was replaced, and the one that replaced it does not answer; try again';
        sendProblem(res, new FaasError('upstream_failed', message), { internal: 'gateway' });
      },
    });
  }

  /** Idempotent. */
  close(): void {
    this.#upstream.close();
  }
}
