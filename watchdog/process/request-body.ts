import { FaasError } from '../../common/errors.ts';
import { fieldsOf } from '../../common/http/fields.ts';
import type { HttpRequest } from '../../common/http/message.ts';

/** The beginning of a request's body. When it is not `whole`, the rest is still to be read from the request. */
export interface BodyStart {
  readonly chunks: Buffer[];
  readonly bytes: number;
  readonly whole: boolean;
}

const EMPTY: BodyStart = { chunks: [], bytes: 0, whole: true };

/**
 * Reads up to about `limitBytes` of the body, or all of it, and pauses the request.
 *
 * @throws FaasError `invalid_request` when the body ends before it is whole
 */
export function readBodyStart(req: HttpRequest, limitBytes: number): BodyStart | Promise<BodyStart> {
  if (hasNoBody(req)) return EMPTY;
  const chunks = req.takeBody?.();
  if (chunks !== undefined) return { chunks, bytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0), whole: true };
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (whole: boolean): void => {
      req.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      resolve({ chunks, bytes, whole });
    };
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes < limitBytes) return;
      req.pause();
      settle(false);
    };
    const onEnd = (): void => settle(true);
    const onClose = (): void => reject(new FaasError('invalid_request', 'The request body ended before it was whole.'));
    req.on('data', onData).once('end', onEnd).once('close', onClose).once('error', onClose);
  });
}

/**
 * Reads the whole body into memory.
 *
 * @throws FaasError `body_too_large` beyond `limitBytes`; `invalid_request` when it is cut
 */
export async function readBody(req: HttpRequest, limitBytes: number): Promise<Buffer> {
  const tooLarge = (): FaasError =>
    new FaasError(
      'body_too_large',
      `The request body is larger than ${limitBytes} bytes; raise max_request_size, or use a mode that streams.`,
    );
  if (Number(fieldsOf(req).get('content-length') ?? 0) > limitBytes) throw tooLarge();
  const body = await readBodyStart(req, limitBytes + 1);
  if (body.bytes > limitBytes) throw tooLarge();
  return body.chunks.length === 1 ? body.chunks[0]! : Buffer.concat(body.chunks, body.bytes);
}

/** Neither length nor chunks, as most GET requests have it. */
export function hasNoBody(req: HttpRequest): boolean {
  const fields = fieldsOf(req);
  return !fields.has('transfer-encoding') && (fields.get('content-length') ?? '0') === '0';
}
