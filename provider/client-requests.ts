import type { Readable } from 'node:stream';
import type { FunctionSpec } from './provider.ts';
import type { DeploymentJson } from './wire/deployment.ts';

/** A change that the gateway took: `202 Accepted`. */
export interface Accepted {
  readonly status: number;
  readonly statusText: string;
}

/** A name and the namespace that the user gave, if any: without one the gateway takes its default. */
export interface Target {
  readonly name: string;
  readonly namespace?: string | undefined;
}

/** What to deploy, as the user gave it. */
export type Deployment = Omit<DeploymentJson, 'service'> & Pick<FunctionSpec, 'name'>;

export interface SecretUpload extends Target {
  readonly value: Uint8Array;
  /** Also as `rawValue`, byte for byte; for what is no text. */
  readonly raw: boolean;
}

/** What a bearer token may be used for. */
export interface TokenRequest {
  readonly name: string;
  /** The API too. */
  readonly admin: boolean;
  /** The functions that it may call, as `name` or `name.namespace`; absent is all. */
  readonly functions?: readonly string[];
}

export interface TokenJson extends TokenRequest {
  /** RFC 3339. */
  readonly createdAt: string;
}

export interface LogRequest extends Target {
  readonly instance?: string | undefined;
  /** -1 is all. */
  readonly tail: number;
  readonly follow: boolean;
  readonly since?: Date | undefined;
}

export interface Invocation extends Target {
  readonly method: string;
  /** What follows the function's name: '' or `?a=b`. */
  readonly suffix: string;
  readonly asynchronous: boolean;
  /** Sends our credentials to the function, too. */
  readonly authorize: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | Readable | undefined;
}

/** Go's client leaves an empty namespace out, and sends `null` for no labels (contract 1.5). */
export function deploymentBody({ name, ...rest }: Deployment): DeploymentJson {
  return { service: name, ...rest, labels: rest.labels ?? null, annotations: rest.annotations ?? null };
}

/** The value is text for providers that know no other (faas-swarm). */
export function secretBody(secret: SecretUpload): object {
  const bytes = Buffer.from(secret.value);
  return {
    name: secret.name,
    ...(secret.namespace && { namespace: secret.namespace }),
    value: bytes.toString('utf8'),
    ...(secret.raw && { rawValue: bytes.toString('base64') }),
  };
}

/** Of an address; what is not given, or empty, is left out. */
export function query(parameters: Readonly<Record<string, string | undefined>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value) search.append(name, value);
  return search.size === 0 ? '' : `?${search}`;
}
