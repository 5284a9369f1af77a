import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { addAbortSignal } from 'node:stream';
import { FaasError } from '../../../common/errors.ts';

/**
 * Writes an upload to `file` and checks that it is what its digest says.
 *
 * @throws FaasError `invalid_request` for other bytes, `body_too_large`
 */
export async function receiveUpload(
  upload: Readable,
  file: string,
  digest: string,
  limitBytes: number,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const hash = createHash('sha256');
  let total = 0;
  await using target = await open(file, 'wx', 0o600);
  try {
    for await (const chunk of addAbortSignal(signal, upload) as AsyncIterable<Buffer>) {
      total += chunk.length;
      if (total > limitBytes)
        throw new FaasError(
          'body_too_large',
          `The bundle has more than ${limitBytes} bytes; leave out what is not needed`,
        );
      hash.update(chunk);
      await target.writeFile(chunk);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== digest)
    throw new FaasError(
      'invalid_request',
      `The upload of ${total} bytes is damaged: its digest is ${actual}, not ${digest}; push it again`,
    );
}
