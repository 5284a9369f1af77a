export const DEFAULT_GATEWAY = 'http://127.0.0.1:8080';

/**
 * The gateway to use: flag, stack file and `OPENFAAS_URL` in this order, where the default counts as not given
 * (contract 5.1).
 */
export function gatewayUrl(flag: string | undefined, stack: string | undefined, variable: string | undefined): string {
  const given = [flag, stack, variable].filter((url) => url !== undefined && url !== '').map((url) => normalise(url!));
  return given.find((url) => url !== DEFAULT_GATEWAY) ?? DEFAULT_GATEWAY;
}

/** Lower case, with a scheme, without the slash at the end: the key of the configuration file. */
export function normalise(url: string): string {
  const lower = url.trim().toLowerCase().replace(/\/+$/, '');
  return lower.startsWith('http') ? lower : `http://${lower}`;
}

/** Whether passwords sent there could be overheard (contract 5.1). */
export const isUnencrypted = (url: string): boolean =>
  !url.startsWith('https') && !/^http:\/\/(127\.0\.0\.1|localhost)([:/]|$)/.test(url);
