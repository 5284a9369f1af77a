/** The first value of a header in a flat name/value list; `lowerName` in lower case. */
export function getHeader(_headers: readonly string[], _lowerName: string): string | undefined {
  throw new Error('being written');
}

/** Without hop-by-hop headers (RFC 9110 section 7.6.1, with Proxy-Connection and Expect) and those Connection names. */
export function stripHopByHop(_headers: readonly string[]): string[] {
  throw new Error('being written');
}

/** `headers` with those of `added` in place of same-named ones. */
export function replaceHeaders(_headers: readonly string[], _added: readonly string[]): string[] {
  throw new Error('being written');
}
