import { FaasError } from '../../common/errors.ts';

/** Reads `KEY=VALUE` of a repeated flag. @throws FaasError `invalid_request` that names the flag */
export function keyValues(flag: string, given: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given.map((text) => {
      const equals = text.indexOf('=');
      if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)] as const;
      throw new FaasError('invalid_request', `--${flag} must be KEY=VALUE, got ${JSON.stringify(text)}`);
    }),
  );
}
