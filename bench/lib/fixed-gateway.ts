import { readConfig } from '../../common/config.ts';
import type { Address } from '../../common/http/upstream.ts';
import { TokenStore } from '../../gateway/auth/token-store.ts';
import { gatewaySchema } from '../../gateway/config.ts';
import { type Gateway, startGateway } from '../../gateway/gateway.ts';
import { createLog } from '../../gateway/log.ts';
import { productVersion } from '../../gateway/product.ts';
import { FixedProvider } from './fixed-provider.ts';

/**
 * The real gateway, as it is by default but for `env` and the password, in front of functions that are at `upstream`.
 */
export function startFixedGateway(
  functions: number,
  upstream: Address,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Gateway> {
  return startGateway({
    provider: new FixedProvider(functions, upstream),
    config: readConfig(gatewaySchema, env),
    credentials: undefined,
    // None are made, so that no file is written.
    tokens: new TokenStore('', []),
    tls: undefined,
    version: productVersion(),
    log: createLog({ format: 'json', write: () => undefined }),
  });
}
