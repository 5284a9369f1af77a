import type { Request } from 'express';
import { FaasError, isFaasError } from '../../common/errors.ts';
import type { FunctionRef, Provider } from '../../provider/provider.ts';
import { Fields } from '../../provider/wire/fields.ts';
import { splitName } from '../../provider/wire/names.ts';
import type { FunctionEntry } from '../invoke/function-entry.ts';
import type { RouteTable } from '../invoke/route-table.ts';
import type { Autoscaler } from '../scaling/autoscaler.ts';
import { desiredReplicas } from '../scaling/desired-replicas.ts';
import { sendEmpty, sendText } from './answer.ts';
import { readJson } from './read-json.ts';
import { requestSignal } from './request-signal.ts';
import type { AddResource } from './resource.ts';

export interface AlertDeps {
  readonly provider: Provider;
  readonly routes: RouteTable;
  readonly autoscaler: Autoscaler;
  readonly readTimeoutMs: number;
}

interface Alert extends FunctionRef {
  readonly status: 'firing' | 'resolved';
}

/** `/system/alert`: Alertmanager's webhook (contract 2.5), whichever its receiver is called. */
export function alertRoutes(add: AddResource, { provider, routes, autoscaler, readTimeoutMs }: AlertDeps): void {
  const handle = async (alert: Alert, entry: FunctionEntry, signal: AbortSignal): Promise<void> => {
    const { rules } = autoscaler.scaler(entry);
    const { replicas } = entry.state;
    // Two drivers would undo each other's work.
    if (rules.driver === 'autoscaler') return;
    const min = rules.schedule?.minimum(new Date()) ?? rules.min;
    const desired = desiredReplicas(alert.status, replicas, { ...rules, min });
    if (desired !== replicas) await provider.scale(alert, desired, signal);
    autoscaler.alerted(entry, alert.status, desired);
  };

  add('/system/alert', {
    async POST(req, res) {
      const alerts = await readAlerts(req, readTimeoutMs);
      const failures: string[] = [];
      for (const [index, alert] of alerts.entries()) {
        // Of a function that is not there the alert is left alone, as Alertmanager would only repeat it.
        const entry = routes.find(alert);
        if (entry === undefined) continue;
        try {
          await handle(alert, entry, requestSignal(res));
        } catch (error) {
          failures.push(`[${index}] ${(error as Error).message}`);
        }
      }
      if (failures.length === 0) sendEmpty(res, 200);
      else sendText(res, 500, failures.join('\n'));
    },
  });
}

/** @throws FaasError `invalid_request`, with OpenFaaS's text first and the cause below */
async function readAlerts(req: Request, readTimeoutMs: number): Promise<readonly Alert[]> {
  const empty =
    req.headers['content-length'] === '0' || !('content-length' in req.headers || 'transfer-encoding' in req.headers);
  if (empty)
    throw new FaasError('invalid_request', "A body is required for this endpoint\nSend Alertmanager's webhook, JSON");
  try {
    return parseAlerts(await readJson(req, readTimeoutMs));
  } catch (cause) {
    if (!isFaasError(cause, 'invalid_request')) throw cause;
    throw new FaasError('invalid_request', `Unable to parse alert, bad format.\n${cause.message}`, { cause });
  }
}

function parseAlerts(body: unknown): readonly Alert[] {
  const fields = new Fields(body);
  const ofAll = fields.text('status');
  fields.text('receiver');
  return fields.objects('alerts').flatMap((alert) => {
    const name = alert.object('labels')?.text('function_name');
    const status = alert.text('status') || ofAll;
    return name ? [{ ...splitName(name), status: status === 'firing' ? 'firing' : 'resolved' } as const] : [];
  });
}
