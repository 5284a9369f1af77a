import type { Provider } from '../../provider/provider.ts';
import { namespaceName } from '../../provider/wire/names.ts';
import { parseSecret, parseSecretRef } from '../../provider/wire/requests.ts';
import { sendEmpty, sendJson } from './answer.ts';
import { readJson } from './read-json.ts';
import { requestSignal } from './request-signal.ts';
import { type AddResource, queryValue } from './resource.ts';

export interface SecretsDeps {
  readonly provider: Provider;
  readonly readTimeoutMs: number;
}

/** `/system/secrets` (contract 1.9). Values go in and never come out. */
export function secretsRoutes(add: AddResource, { provider, readTimeoutMs }: SecretsDeps): void {
  add('/system/secrets', {
    async GET(req, res) {
      const namespace = namespaceName('namespace', queryValue(req, 'namespace'));
      const secrets = await provider.listSecrets(namespace, requestSignal(res));
      sendJson(
        res,
        200,
        secrets.map((secret) => ({ name: secret.name, namespace: secret.namespace })),
      );
    },
    async POST(req, res) {
      const secret = parseSecret(await readJson(req, readTimeoutMs), queryValue(req, 'namespace'));
      await provider.createSecret(secret, requestSignal(res));
      sendEmpty(res, 202);
    },
    async PUT(req, res) {
      const secret = parseSecret(await readJson(req, readTimeoutMs), queryValue(req, 'namespace'));
      await provider.updateSecret(secret, requestSignal(res));
      sendEmpty(res, 202);
    },
    async DELETE(req, res) {
      const ref = parseSecretRef(await readJson(req, readTimeoutMs), queryValue(req, 'namespace'));
      await provider.removeSecret(ref, requestSignal(res));
      sendEmpty(res, 202);
    },
  });
}
