import type { FunctionRef, Provider } from '../../provider/provider.ts';
import { Fields } from '../../provider/wire/fields.ts';
import { splitName } from '../../provider/wire/names.ts';
import type { RouteTable } from '../invoke/route-table.ts';
import { desiredReplicas, scaleLimits } from '../scaling/desired-replicas.ts';
import { sendEmpty, sendText } from './answer.ts';
import { readJson } from './read-json.ts';
import { requestSignal } from './request-signal.ts';
import type { AddResource } from './resource.ts';

export interface AlertDeps {
  readonly provider: Provider;
  readonly routes: RouteTable;
  readonly readTimeoutMs: number;
}

interface Alert extends FunctionRef {
  readonly status: 'firing' | 'resolved';
}

/** `/system/alert`: Alertmanager's webhook (contract 2.5). */
export function alertRoutes(add: AddResource, { provider, routes, readTimeoutMs }: AlertDeps): void {
  add('/system/alert', {
    async POST(req, res) {
      const alerts = parseAlerts(await readJson(req, readTimeoutMs));
      const failures: string[] = [];
      for (const [index, alert] of alerts.entries()) {
        // Of a function that is not there the alert is left alone, as Alertmanager would only repeat it.
        const state = routes.find(alert)?.state;
        if (state === undefined) continue;
        const desired = desiredReplicas(alert.status, state.replicas, scaleLimits(state.spec.labels));
        if (desired === state.replicas) continue;
        try {
          await provider.scale(alert, desired, requestSignal(res));
        } catch (error) {
          failures.push(`[${index}] ${(error as Error).message}`);
        }
      }
      if (failures.length === 0) sendEmpty(res, 200);
      else sendText(res, 500, failures.join('\n'));
    },
  });
}

/** @throws FaasError `invalid_request` */
function parseAlerts(body: unknown): readonly Alert[] {
  const fields = new Fields(body);
  const ofAll = fields.text('status');
  return fields.objects('alerts').flatMap((alert) => {
    const name = alert.object('labels')?.text('function_name');
    const status = alert.text('status') || ofAll;
    return name ? [{ ...splitName(name), status: status === 'firing' ? 'firing' : 'resolved' } as const] : [];
  });
}
