/**
 * Where all connections read to: a read is used up before the next one starts, so that none needs a buffer of its
 * own. What outlives the read is copied.
 */
export const READ_BUFFER = Buffer.allocUnsafeSlow(65_536);
