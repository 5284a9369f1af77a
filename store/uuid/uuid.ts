import { randomBytes, randomUUID } from 'node:crypto';

/** A random UUID. */
export const v4 = (): string => randomUUID();

/**
 * Makes UUIDs of one moment that sort in the order they are made: RFC 9562, 5.7, with the counter of 6.2, method 1, in
 * the 12 bits after the version and the random bits behind it.
 *
 * @param now milliseconds since 1970
 */
export function v7(now: number): () => string {
  let time = now;
  let counter = 0;
  return () => {
    if (counter > 0xfff) {
      time += 1;
      counter = 0;
    }
    const bytes = randomBytes(16);
    bytes.writeUIntBE(time, 0, 6);
    bytes.writeUInt16BE(0x7000 | counter, 6);
    bytes[8] = 0x80 | (bytes[8]! & 0x3f);
    counter += 1;
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  };
}
