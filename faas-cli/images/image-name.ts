import { FaasError } from '../../common/errors.ts';

/** How docker's config names its own registry. */
export const DOCKER_HUB = 'https://index.docker.io/v1/';

/** `registry:5000/team/name:tag` in parts. */
export interface ImageName {
  /** The registry's host as in the name; `docker.io` without one. */
  readonly registry: string;
  /** The name without its tag. */
  readonly repository: string;
  readonly tag: string | undefined;
}

export function parseImageName(image: string): ImageName {
  const [withoutDigest] = image.split('@');
  const first = image.split('/')[0]!;
  const hasRegistry = image.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  const colon = withoutDigest!.lastIndexOf(':');
  const tagged = colon > withoutDigest!.lastIndexOf('/');
  return {
    registry: hasRegistry ? first : 'docker.io',
    repository: tagged ? withoutDigest!.slice(0, colon) : withoutDigest!,
    tag: tagged ? withoutDigest!.slice(colon + 1) : undefined,
  };
}

/** @throws FaasError `invalid_request` for an image that no registry could hold (contract 5.6) */
export function checkPushable(name: string, image: string): void {
  if (image.includes('/')) return;
  throw new FaasError(
    'invalid_request',
    `function ${name}: the image "${image}" names no registry or account, so it cannot be pushed; name it like "ghcr.io/YOU/${image}" in the stack file`,
  );
}

/** The grammar of image names: lower case, at most one tag. @throws FaasError `invalid_request` */
export function checkImageName(name: string, image: string): void {
  if (/^[a-z0-9]+([._/-]+[a-z0-9]+)*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/.test(withoutHost(image))) return;
  throw new FaasError(
    'invalid_request',
    `function ${name}: "${image}" is no name of an image; use lower-case letters, digits, ".", "_", "-" and "/", and one ":tag" at the end`,
  );
}

/** A registry's host may be in capitals and have a port. */
const withoutHost = (image: string): string => image.replace(/^(?:localhost|[\w-]+(?=[.:])[\w.-]*)(:\d+)?\/(?=.)/, '');
