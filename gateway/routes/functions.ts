import type { Request } from 'express';
import type { FunctionSpec, Provider } from '../../provider/provider.ts';
import { parseDeployment } from '../../provider/wire/deployment.ts';
import { namespaceName } from '../../provider/wire/names.ts';
import { parseDelete } from '../../provider/wire/requests.ts';
import { encodeStatus } from '../../provider/wire/status.ts';
import { checkCallRules } from '../invoke/call-rules.ts';
import type { RouteTable } from '../invoke/route-table.ts';
import { checkScaleRules } from '../scaling/scale-rules.ts';
import { jsonArray, writeSlices } from '../write-slices.ts';
import { sendEmpty } from './answer.ts';
import { readJson } from './read-json.ts';
import { requestSignal } from './request-signal.ts';
import { type AddResource, queryValue } from './resource.ts';

export interface FunctionsDeps {
  readonly provider: Provider;
  readonly routes: RouteTable;
  readonly readTimeoutMs: number;
}

/** `/system/functions`: list, create, update, delete (contract 1.6). */
export function functionsRoutes(add: AddResource, { provider, routes, readTimeoutMs }: FunctionsDeps): void {
  const specOf = async (req: Request): Promise<FunctionSpec> => {
    const spec = parseDeployment(await readJson(req, readTimeoutMs), queryValue(req, 'namespace'));
    checkCallRules(spec.labels);
    checkScaleRules(spec);
    return spec;
  };

  add('/system/functions', {
    async GET(req, res) {
      const namespace = namespaceName('namespace', queryValue(req, 'namespace'));
      const functions = await provider.list(namespace, requestSignal(res));
      const counted = Iterator.from(functions).map((status) =>
        encodeStatus(status, routes.find(status)?.metrics.ended),
      );
      res.writeHead(200, { 'content-type': 'application/json' });
      await writeSlices(res, jsonArray(counted));
      res.end();
    },
    async POST(req, res) {
      const spec = await specOf(req);
      await provider.deploy(spec, requestSignal(res));
      sendEmpty(res, 202);
    },
    async PUT(req, res) {
      const spec = await specOf(req);
      await provider.update(spec, requestSignal(res));
      sendEmpty(res, 202);
    },
    async DELETE(req, res) {
      const ref = parseDelete(await readJson(req, readTimeoutMs), queryValue(req, 'namespace'));
      await provider.remove(ref, requestSignal(res));
      sendEmpty(res, 202);
    },
  });
}
