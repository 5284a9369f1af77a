import type { Request } from 'express';
import { FaasError } from '../../common/errors.ts';
import type { FunctionRef, Provider } from '../../provider/provider.ts';
import { functionName, requestNamespace, splitName } from '../../provider/wire/names.ts';
import { parseScale } from '../../provider/wire/requests.ts';
import { type CallFailure, encodeStatus } from '../../provider/wire/status.ts';
import type { FunctionEntry } from '../invoke/function-entry.ts';
import type { RouteTable } from '../invoke/route-table.ts';
import type { Autoscaler } from '../scaling/autoscaler.ts';
import { scalingStatus } from '../scaling/scaling-status.ts';
import { sendEmpty, sendJson } from './answer.ts';
import { readJson } from './read-json.ts';
import { requestSignal } from './request-signal.ts';
import { type AddResource, nameInPath, queryValue } from './resource.ts';

export interface FunctionDeps {
  readonly provider: Provider;
  readonly routes: RouteTable;
  readonly autoscaler: Autoscaler;
  readonly readTimeoutMs: number;
}

/** `/system/function/NAME` and `/system/scale-function/NAME` (contract 1.7, 1.8). */
export function functionRoutes(add: AddResource, deps: FunctionDeps): void {
  const { provider, routes, autoscaler, readTimeoutMs } = deps;
  add('/system/function/:name', {
    async GET(req, res) {
      const ref = refInPath(req, undefined);
      const usage = ['1', 'true'].includes(queryValue(req, 'usage') ?? '');
      const status = await provider.describe(ref, { usage }, requestSignal(res));
      const entry = routes.find(ref);
      const known = encodeStatus(status, entry?.metrics.ended, latestFailure(status.failure, entry));
      const scaling = entry && scalingStatus(autoscaler.scaler(entry), new Date());
      sendJson(res, 200, scaling ? { ...known, scaling } : known);
    },
  });

  add('/system/scale-function/:name', {
    async POST(req, res) {
      const { serviceName, replicas, namespace } = parseScale(await readJson(req, readTimeoutMs));
      const ref = refInPath(req, namespace);
      if (serviceName !== undefined && splitName(serviceName).name !== ref.name)
        throw new FaasError(
          'invalid_request',
          `serviceName must be that in the path, "${ref.name}", got "${serviceName}"; nothing was scaled`,
        );
      await provider.scale(ref, replicas, requestSignal(res));
      sendEmpty(res, 202);
    },
  });
}

/** `NAME` or `NAME.NAMESPACE` in the path; else the namespace in body or query. */
function refInPath(req: Request, inBody: string | undefined): FunctionRef {
  const given = nameInPath(req);
  const split = splitName(given);
  const inQuery = queryValue(req, 'namespace');
  if (!given.includes('.'))
    return { name: functionName('the name in the path', given), namespace: requestNamespace(inBody, inQuery) };
  return {
    name: functionName('the name in the path', split.name),
    namespace: requestNamespace(split.namespace, inBody || inQuery),
  };
}

function latestFailure(ofReplica: CallFailure | undefined, entry: FunctionEntry | undefined): CallFailure | undefined {
  const ofCall = entry?.lastFailure;
  if (ofReplica === undefined || ofCall === undefined) return ofReplica ?? ofCall;
  return ofCall.at > ofReplica.at ? ofCall : ofReplica;
}
