import { FaasError } from '../../common/errors.ts';

/** What a call to the engine threw, as dockerode throws it: a system error, or an answer with its status. */
interface EngineError extends Error {
  readonly code?: string;
  readonly statusCode?: number;
  readonly json?: { readonly message?: string };
}

const NO_ENGINE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket',
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EHOSTUNREACH: 'the host cannot be reached',
  ETIMEDOUT: 'the host does not answer',
};

/** A failure to reach the Docker Engine, or its refusal, with what to do. */
export function engineFailure(cause: unknown, address: string): FaasError {
  const error = cause as EngineError;
  const why = NO_ENGINE[error.code ?? ''];
  if (why)
    return new FaasError(
      'provider_unavailable',
      `no Docker Engine answers at ${address}: ${why}; start it, for example with "sudo systemctl start docker", or set DOCKER_HOST to one that runs`,
      { cause },
    );
  if (error.code === 'EACCES' || error.code === 'EPERM')
    return new FaasError(
      'unauthorized',
      `no permission on the Docker Engine's socket ${address}; add yourself to its group with "sudo usermod -aG docker $USER" and log in again, or run as root`,
      { cause },
    );
  const text = messageOf(cause);
  if (isDiskFull(text)) return diskFull(text);
  return new FaasError('provider_unavailable', `the Docker Engine at ${address} failed: ${text}`, { cause });
}

/** Where a build stood when it failed. */
export interface FailedBuild {
  readonly name: string;
  /** As the engine counts: `3/12`; undefined before the first. */
  readonly step: { readonly number: string; readonly text: string } | undefined;
  readonly message: string;
  readonly lastLines: readonly string[];
}

/** Why an image was not built: the base image, its registry, the disk, or the step with its last lines. */
export function buildFailure({ name, step, message, lastLines }: FailedBuild): FaasError {
  if (isDiskFull(message) || lastLines.some(isDiskFull)) return diskFull(message);
  const base = /^FROM\s+(?:--\S+\s+)*(\S+)/i.exec(step?.text ?? '')?.[1];
  if (base && isUnreachable(message))
    return new FaasError(
      'upstream_failed',
      `function ${name}: the base image ${base} is not in the engine, and its registry cannot be reached: ${message}; check network and proxy (http_proxy, https_proxy), or name an image that is there with --build-arg`,
    );
  if (base)
    return new FaasError(
      'not_found',
      `function ${name}: the base image ${base} is not to be had: ${message}; check its name, log in with "faas-cli registry-login" if it is private, or name another with --build-arg`,
    );
  const where = step ? `at step ${step.number}, ${step.text}` : 'before the first step';
  return new FaasError(
    'function_failed',
    `the image of function ${name} was not built: it failed ${where}: ${message}`,
    {
      extra: { lastLogLines: lastLines },
    },
  );
}

/** Why an image was not pushed. `registry` is its host, as in the image's name. */
export function pushFailure(image: string, registry: string, message: string): FaasError {
  const failed = `${image} was not pushed`;
  if (isDiskFull(message))
    return new FaasError('upstream_failed', `${failed}: the disk of registry ${registry} is full: ${message}`);
  if (/server gave HTTP response to HTTPS client/.test(message))
    return new FaasError(
      'upstream_failed',
      `${failed}: the registry ${registry} speaks plain HTTP, which the engine refuses; give the registry TLS, or add "${registry}" to "insecure-registries" in /etc/docker/daemon.json`,
    );
  if (/x509|certificate/.test(message))
    return new FaasError(
      'upstream_failed',
      `${failed}: the engine does not trust the certificate of registry ${registry}: ${message}; put its CA into /etc/docker/certs.d/${registry}/ca.crt`,
    );
  if (/unauthorized|no basic auth|denied|forbidden|authentication required|401|403/i.test(message))
    return new FaasError(
      'unauthorized',
      `${failed}: the registry ${registry} refuses it: ${message}; log in with "faas-cli registry-login --server ${registry} --username USER --password-stdin" as a user who may write there`,
    );
  if (/does not exist locally|no such image/i.test(message))
    return new FaasError('not_found', `there is no image ${image} in the engine; run first: faas-cli build`);
  if (isUnreachable(message))
    return new FaasError(
      'upstream_failed',
      `${failed}: the registry ${registry} cannot be reached from the engine: ${message}; check the image's name, and that the registry runs`,
    );
  return new FaasError('upstream_failed', `${failed}: ${message}`);
}

/** The engine's own words, without dockerode's wrapping. */
export function messageOf(cause: unknown): string {
  const { json, message } = cause as EngineError;
  return (json?.message ?? message ?? String(cause)).replace(/^\(HTTP code \d+\) [\w ]+ - /, '').trim();
}

const isDiskFull = (text: string): boolean => /no space left on device|disk quota exceeded/i.test(text);

const diskFull = (message: string): FaasError =>
  new FaasError(
    'provider_unavailable',
    `the Docker Engine's disk is full: ${message}; free some with "docker system prune", or give it more`,
  );

const isUnreachable = (message: string): boolean =>
  /dial tcp|no such host|i\/o timeout|TLS handshake|Client\.Timeout|connection refused|connection reset|request canceled|deadline exceeded|: EOF$/i.test(
    message,
  );
