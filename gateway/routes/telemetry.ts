import type { Provider } from '../../provider/provider.ts';
import type { RouteTable } from '../invoke/route-table.ts';
import { sendJson } from './answer.ts';
import type { AddResource } from './resource.ts';

/** `/system/telemetry`: free-form JSON (contract 1.14). Sizes only, and only to whoever asks: nothing is sent away. */
export function telemetryRoutes(add: AddResource, provider: Provider, routes: RouteTable): void {
  add('/system/telemetry', {
    GET(_req, res) {
      let [replicas, ready, invocations] = [0, 0, 0];
      for (const { state, metrics } of routes.entries()) {
        replicas += state.replicas;
        ready += state.ready.length;
        invocations += metrics.ended;
      }
      sendJson(res, 200, { provider: provider.info.name, functions: routes.size, replicas, ready, invocations });
    },
  });
}
