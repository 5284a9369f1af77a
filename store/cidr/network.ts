import { isIPv4, isIPv6 } from 'node:net';

export class BadNetwork extends Error {}

export interface Network {
  /** In its canonical form: `10.1.0.0/20`. */
  readonly text: string;
  readonly version: 4 | 6;
  readonly first: string;
  readonly last: string;
  readonly mask: string;
  /** In decimal; there can be more than a double holds. */
  readonly addresses: string;
  /** @throws BadNetwork for what is no address */
  contains(address: string): boolean;
}

/** Reads a network or a single address. @throws BadNetwork */
export function parseNetwork(given: string): Network {
  const [address = '', prefix, ...rest] = given.split('/');
  const { version, value } = parseAddress(address);
  const bits = version === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  if (length < 0 || length > bits || rest.length > 0)
    throw new BadNetwork(`Behind the "/" must be a number from 0 to ${bits}, got "${given}".`);
  const hosts = (1n << BigInt(bits - length)) - 1n;
  const first = value & ~hosts;
  const show = (each: bigint) => (version === 4 ? showV4(each) : showV6(each));
  return {
    text: `${show(first)}/${length}`,
    version,
    first: show(first),
    last: show(first | hosts),
    mask: show(((1n << BigInt(bits)) - 1n) & ~hosts),
    addresses: (hosts + 1n).toString(),
    contains(other) {
      const parsed = parseAddress(other);
      return parsed.version === version && (parsed.value & ~hosts) === first;
    },
  };
}

function parseAddress(text: string): { version: 4 | 6; value: bigint } {
  if (isIPv4(text)) return { version: 4, value: joined(text.split('.').map(Number), 8n) };
  if (!isIPv6(text) || text.includes('%'))
    throw new BadNetwork(`"${text}" is no IP address; send one such as 10.1.2.3/20 or 2001:db8::/48.`);
  // The last two groups may be written as IPv4.
  const plain = text.replace(/[\d.]+$/, (tail) => (isIPv4(tail) ? groupsOf(tail) : tail));
  const [head = '', tail] = plain.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const missing = tail === undefined ? [] : Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return {
    version: 6,
    value: joined(
      [...head, ...missing, ...(tail ?? [])].map((group) => Number.parseInt(group, 16)),
      16n,
    ),
  };
}

function groupsOf(address: string): string {
  const [a, b, c, d] = address.split('.').map(Number) as [number, number, number, number];
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

const joined = (parts: readonly number[], bits: bigint): bigint =>
  parts.reduce((value, part) => (value << bits) | BigInt(part), 0n);

const showV4 = (value: bigint): string => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');

/** RFC 5952: lower case, the longest run of zero groups left out. */
function showV6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - index * 16)) & 0xffffn).toString(16));
  const runs = groups.join(':').match(/\b0(:0)+\b/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return groups.join(':');
  const text = `:${groups.join(':')}:`.replace(`:${longest}:`, '::');
  return text.replace(/^:(?!:)|(?<!:):$/g, '');
}
