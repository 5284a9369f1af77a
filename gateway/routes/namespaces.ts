import type { Request } from 'express';
import { FaasError } from '../../common/errors.ts';
import type { NamespaceInfo, Provider } from '../../provider/provider.ts';
import { namespaceNotFound } from '../../provider/refusals.ts';
import { namespaceName } from '../../provider/wire/names.ts';
import { parseNamespace } from '../../provider/wire/requests.ts';
import { sendEmpty, sendJson } from './answer.ts';
import { readJson } from './read-json.ts';
import { requestSignal } from './request-signal.ts';
import { type AddResource, nameInPath } from './resource.ts';

export interface NamespacesDeps {
  readonly provider: Provider;
  readonly readTimeoutMs: number;
}

/** `/system/namespaces` and `/system/namespace/NAME`, where POST may leave the name out (contract 1.11). */
export function namespacesRoutes(add: AddResource, { provider, readTimeoutMs }: NamespacesDeps): void {
  const inBody = async (req: Request): Promise<NamespaceInfo> =>
    parseNamespace(await readJson(req, readTimeoutMs), nameInPath(req) || undefined);

  add('/system/namespaces', {
    async GET(_req, res) {
      const namespaces = await provider.listNamespaces(requestSignal(res));
      sendJson(
        res,
        200,
        namespaces.map(({ name }) => name),
      );
    },
  });

  add('/system/namespace/{:name}', {
    async GET(req, res) {
      const name = inPath(req);
      const found = (await provider.listNamespaces(requestSignal(res))).find((namespace) => namespace.name === name);
      if (found === undefined) throw namespaceNotFound(name);
      sendJson(res, 200, { name, labels: found.labels, annotations: found.annotations });
    },
    async POST(req, res) {
      await provider.createNamespace(await inBody(req), requestSignal(res));
      sendEmpty(res, 201);
    },
    async PUT(req, res) {
      inPath(req);
      await provider.updateNamespace(await inBody(req), requestSignal(res));
      sendEmpty(res, 202);
    },
    async DELETE(req, res) {
      // The body repeats the name (go-sdk) or is not there at all (curl); the path decides.
      await provider.removeNamespace(inPath(req), requestSignal(res));
      sendEmpty(res, 202);
    },
  });
}

function inPath(req: Request): string {
  const name = nameInPath(req);
  if (name === '') throw new FaasError('invalid_request', 'the path lacks the name of a namespace; end it with /NAME');
  return namespaceName('the name in the path', name);
}
