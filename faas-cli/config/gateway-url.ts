import { FaasError } from '../../common/errors.ts';

const DEFAULT_GATEWAY = 'http://127.0.0.1:8080';

/**
 * The gateway to use: flag, stack file and `OPENFAAS_URL` in this order, where the default counts as not given
 * (contract 5.1).
 */
export function gatewayUrl(flag: string | undefined, stack: string | undefined, variable: string | undefined): string {
  const given = [flag, stack, variable].filter((url) => url !== undefined && url !== '').map((url) => normalise(url!));
  return given.find((url) => url !== DEFAULT_GATEWAY) ?? DEFAULT_GATEWAY;
}

/**
 * Lower case, with a scheme, without the slash at the end: the key of the configuration file.
 *
 * @throws FaasError `invalid_request` for what is no URL of a gateway
 */
export function normalise(url: string): string {
  const lower = url.trim().toLowerCase().replace(/\/+$/, '');
  const whole = lower.startsWith('http') ? lower : `http://${lower}`;
  if (/^https?:\/\/[^/]/.test(whole) && URL.canParse(whole) && !whole.slice(8).includes('://')) return whole;
  throw new FaasError('invalid_request', `"${url}" is no URL of a gateway; give one such as ${DEFAULT_GATEWAY}`);
}

/** Whether passwords sent there could be overheard (contract 5.1). */
export const isUnencrypted = (url: string): boolean =>
  !url.startsWith('https') && !/^http:\/\/(127\.0\.0\.1|localhost)([:/]|$)/.test(url);
