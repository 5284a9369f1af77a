import { createHmac, timingSafeEqual } from 'node:crypto';

/** The part of the watchdog's context that this function uses. */
interface Context {
  secret(name: string): Promise<string>;
}

/**
 * Signs the body with the secret `hmac-key` (SHA-256), as webhooks do. With `?signature=sha256=HEX`, or GitHub's header
 * `X-Hub-Signature-256`, it checks that one instead: 200 or 403.
 */
export default {
  async fetch(request: Request, context: Context): Promise<Response> {
    // Files of secrets often end in a line feed that nobody meant.
    const key = (await context.secret('hmac-key')).replace(/\r?\n$/, '');
    const digest = createHmac('sha256', key)
      .update(Buffer.from(await request.arrayBuffer()))
      .digest();
    const given = new URL(request.url).searchParams.get('signature') ?? request.headers.get('x-hub-signature-256');
    if (given === null) return new Response(`sha256=${digest.toString('hex')}\n`);
    const claimed = Buffer.from(given.replace(/^sha256=/, ''), 'hex');
    const isRight = claimed.length === digest.length && timingSafeEqual(claimed, digest);
    return isRight ? new Response('valid\n') : new Response('The signature does not fit the body.\n', { status: 403 });
  },
};
