import { FaasError } from '../../common/errors.ts';
import { refKey } from '../../provider/provider.ts';
import { Fields } from '../../provider/wire/fields.ts';
import { functionName, namespaceName, secretName, splitName } from '../../provider/wire/names.ts';
import type { TokenInfo, TokenStore } from '../auth/token-store.ts';
import { sendEmpty, sendJson } from './answer.ts';
import { readJson } from './read-json.ts';
import { type AddResource, nameInPath } from './resource.ts';

export interface TokensDeps {
  readonly tokens: TokenStore;
  readonly readTimeoutMs: number;
}

/** `/system/tokens`: bearer tokens for calls of functions labelled `com.dunlin.auth: required`, and for this API. */
export function tokensRoutes(add: AddResource, { tokens, readTimeoutMs }: TokensDeps): void {
  add('/system/tokens', {
    GET(_req, res) {
      sendJson(res, 200, tokens.list());
    },
    async POST(req, res) {
      const info = parseToken(await readJson(req, readTimeoutMs));
      const token = await tokens.create(info);
      res.setHeader('cache-control', 'no-store');
      sendJson(res, 201, { ...info, token });
    },
  });

  add('/system/tokens/:name', {
    async DELETE(req, res) {
      await tokens.revoke(nameInPath(req));
      sendEmpty(res, 202);
    },
  });
}

/** `{name, admin?, functions?}`. @throws FaasError `invalid_request` */
function parseToken(body: unknown): TokenInfo {
  const fields = new Fields(body);
  const functions = fields.texts('functions')?.map((given, index) => {
    const { name, namespace } = splitName(given);
    const field = `functions[${index}]`;
    return refKey({ name: functionName(field, name), namespace: namespaceName(field, namespace) });
  });
  const admin = fields.flag('admin') ?? false;
  if (admin && functions !== undefined)
    throw new FaasError('invalid_request', 'functions and admin exclude each other: an admin may deploy any function');
  return {
    name: secretName('name', fields.required('name')),
    admin,
    ...(functions && { functions }),
    createdAt: new Date().toISOString(),
  };
}
