const PREFIX = '/function/';

/** The two parts of a call's target. */
export interface CallPath {
  /** `figlet` or `figlet.openfaas-fn`; may be empty. */
  readonly name: string;
  /** What the function gets: path and query after the name, byte for byte, or `/`. */
  readonly target: string;
}

/** Splits `/function/NAME/path?query`; undefined for any other target. */
export function splitCallPath(url: string): CallPath | undefined {
  if (!url.startsWith(PREFIX)) return undefined;
  let end = PREFIX.length;
  for (; end < url.length; end++) {
    const char = url.charCodeAt(end);
    if (char === 47 /* / */ || char === 63 /* ? */) break;
  }
  const name = url.slice(PREFIX.length, end);
  const rest = url.slice(end);
  return { name, target: rest.charCodeAt(0) === 47 ? rest : `/${rest}` };
}
