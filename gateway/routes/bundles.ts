import type { Request } from 'express';
import { FaasError } from '../../common/errors.ts';
import type { BundleRef, BundleStore, Provider } from '../../provider/provider.ts';
import { imageName } from '../../provider/wire/deployment.ts';
import { dropRest } from '../invoke/body-limit.ts';
import { sendEmpty, sendJson } from './answer.ts';
import { requestSignal } from './request-signal.ts';
import { type AddResource, nameInPath, queryValue } from './resource.ts';

const DIGEST = /^sha256:[0-9a-f]{64}$/;

export interface BundlesDeps {
  readonly provider: Provider;
  readonly maxBundleBytes: number;
}

/** `/system/bundles` (docs/ARCHITECTURE.md, Bundles). */
export function bundlesRoutes(add: AddResource, { provider, maxBundleBytes }: BundlesDeps): void {
  add('/system/bundles', {
    async GET(_req, res) {
      sendJson(res, 200, await bundlesOf(provider).list());
    },
  });

  add('/system/bundles/:name', {
    async PUT(req, res) {
      const bundles = bundlesOf(provider);
      const ref = bundleRef(req);
      const length = Number(req.headers['content-length'] ?? Number.NaN);
      if (length > maxBundleBytes) {
        dropRest(req);
        throw new FaasError(
          'body_too_large',
          `the bundle has ${length} bytes, more than ${maxBundleBytes}, the gateway's dunlin_max_bundle; leave out what the function does not need, or raise that`,
        );
      }
      if (length === 0) await bundles.tag(ref);
      else await bundles.put(ref, req, requestSignal(res));
      sendEmpty(res, length === 0 ? 200 : 201);
    },
  });
}

function bundlesOf({ bundles, info }: Provider): BundleStore {
  if (bundles !== undefined) return bundles;
  throw new FaasError('not_supported', `the provider ${info.name} runs images, not bundles; build and push an image`);
}

function bundleRef(req: Request): BundleRef {
  const digest = nameInPath(req);
  if (!DIGEST.test(digest))
    throw new FaasError(
      'invalid_request',
      `the path must end in sha256: and 64 hex digits, got ${JSON.stringify(digest)}`,
    );
  const image = queryValue(req, 'image');
  if (image === undefined) throw new FaasError('invalid_request', 'image is missing; add ?image=NAME to the query');
  return { digest, image: imageName(image) };
}
