import { sendText } from './answer.ts';
import type { AddResource } from './resource.ts';

/**
 * `/healthz` (contract 1.16).
 *
 * @param add adds resources without authentication
 * @param draining whether the gateway is stopping, and should get no more calls
 */
export function healthRoutes(add: AddResource, draining: () => boolean): void {
  add('/healthz', {
    GET(_req, res) {
      if (draining()) sendText(res, 503, 'stopping');
      else sendText(res, 200, 'OK');
    },
  });
}
