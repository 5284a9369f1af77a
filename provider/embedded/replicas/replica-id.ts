import { randomBytes } from 'node:crypto';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** Ten letters and digits: short, for it is part of a socket's path, and never given twice. */
export function newReplicaId(): string {
  return Array.from(randomBytes(10), (byte) => ALPHABET[byte & 31]).join('');
}
