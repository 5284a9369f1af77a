import { FaasError } from '../../common/errors.ts';
import { fieldsOf } from '../../common/http/fields.ts';
import type { HttpRequest, HttpResponse } from '../../common/http/message.ts';
import { relay } from '../../common/http/relay.ts';
import { sendProblem } from '../../common/http/send-problem.ts';
import { Upstream } from '../../common/http/upstream.ts';
import { CLIENT_HEADER, clientAddress } from '../client-address.ts';
import { readCallHead, requestHeaders, startTimeNow } from '../invoke/call-head.ts';

/**
 * Sends requests to another process: those that a gateway that was replaced still receives to the one that replaced it,
 * those that a worker cannot answer to the primary. The other alone knows what is true.
 */
export class Forward {
  readonly #upstream: Upstream;
  readonly #product: string;
  readonly #replaced: boolean;

  /** @param path of the Unix socket where the other process serves; @param replaced this process, by the other */
  constructor(path: string, product: string, replaced: boolean) {
    this.#upstream = new Upstream({ path });
    this.#product = product;
    this.#replaced = replaced;
  }

  /** @param token an Authorization header that was taken out of the request */
  send(req: HttpRequest, res: HttpResponse, token?: string): void {
    // It may have waited since before the connection was to end.
    if (this.#replaced) res.shouldKeepAlive = false;
    const added = requestHeaders(req, readCallHead(fieldsOf(req)), startTimeNow(), this.#product);
    added.push(CLIENT_HEADER, clientAddress(req));
    if (token !== undefined) added.push('Authorization', token);
    relay(req, res, this.#upstream, {
      target: req.url!,
      addRequestHeaders: added,
      onDone: (outcome) => {
        if (outcome.kind === 'answered' || outcome.kind === 'client_gone' || outcome.headSent) return;
        const other = this.#replaced ? 'The gateway that replaced this one' : "The gateway's primary process";
        const message = `${other} does not answer; try again`;
        sendProblem(res, new FaasError('upstream_failed', message), { internal: 'gateway' });
      },
    });
  }

  /** Idempotent. */
  close(): void {
    this.#upstream.close();
  }
}
