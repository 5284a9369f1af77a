/**
 * Where all connections read to: a read is used up before the next one starts, so that none needs a buffer of its
 * own. What outlives the read is copied.
 */
export const READ_BUFFER = Buffer.allocUnsafeSlow(65_536);

/** Whether `chunk` is overwritten by the next read. */
export const isBorrowed = (chunk: Uint8Array): boolean => chunk.buffer === READ_BUFFER.buffer;

/** `chunk`, or a copy of it when the next read would overwrite it. */
export const kept = (chunk: Buffer): Buffer => (isBorrowed(chunk) ? Buffer.from(chunk) : chunk);
