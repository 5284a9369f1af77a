import type { Provider } from '../../provider/provider.ts';
import { encodeInfo, type VersionJson } from '../../provider/wire/info.ts';
import { sendJson } from './answer.ts';
import type { AddResource } from './resource.ts';

/** `/system/info` (contract 1.12). */
export function infoRoutes(add: AddResource, provider: Provider, version: VersionJson): void {
  add('/system/info', {
    GET(_req, res) {
      sendJson(res, 200, encodeInfo(provider.info, version));
    },
  });
}
