const PREFIX = '/function/';

/** The two parts of a call's target. */
export interface CallPath {
  /** `figlet` or `figlet.openfaas-fn`; may be empty. */
  readonly name: string;
  /** What the function gets: path and query after the name, byte for byte, or `/`. */
  readonly target: string;
}

export const isCallTarget = (target: string): boolean => target.startsWith(PREFIX);

/** Splits `/function/NAME/path?query`; see {@link isCallTarget}. */
export function splitCallPath(url: string): CallPath {
  let end = PREFIX.length;
  for (; end < url.length; end++) {
    const char = url.charCodeAt(end);
    if (char === 47 /* / */ || char === 63 /* ? */) break;
  }
  const name = url.slice(PREFIX.length, end);
  const rest = url.slice(end);
  return { name, target: rest.charCodeAt(0) === 47 ? rest : `/${rest}` };
}
