import { FaasError } from '../../common/errors.ts';
import type { FunctionRef, NamespaceInfo, Secret } from '../provider.ts';
import { Fields } from './fields.ts';
import { functionName, namespaceName, requestNamespace, secretName } from './names.ts';

/** Standard base64 with padding, as Go writes byte slices (contract 10.2); line breaks are allowed there. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Kubernetes' limit for one secret, which keeps secrets movable between providers. */
const MAX_SECRET_BYTES = 1024 * 1024;

/** DELETE `/system/functions`: `{functionName, namespace?}`. @throws FaasError `invalid_request` */
export function parseDelete(body: unknown, query?: string): FunctionRef {
  const fields = new Fields(body);
  return {
    name: functionName('functionName', fields.required('functionName')),
    namespace: requestNamespace(fields.text('namespace'), query),
  };
}

export interface ScaleRequest {
  /** As in the body; OpenFaaS's clients send it beside the name in the path. */
  readonly serviceName?: string;
  readonly replicas: number;
  readonly namespace?: string;
}

/** POST `/system/scale-function/{name}`: `{serviceName, replicas, namespace?}`. @throws FaasError `invalid_request` */
export function parseScale(body: unknown): ScaleRequest {
  const fields = new Fields(body);
  const replicas = fields.count('replicas');
  if (replicas === undefined)
    throw new FaasError('invalid_request', 'replicas is missing; give it a whole number, 0 or more');
  const serviceName = fields.text('serviceName');
  const namespace = fields.text('namespace');
  return { replicas, ...(serviceName && { serviceName }), ...(namespace && { namespace }) };
}

/**
 * POST and PUT `/system/secrets`: `{name, namespace?, value?, rawValue?}`, where `rawValue`, if not empty, wins
 * (contract 1.5).
 *
 * @throws FaasError `invalid_request`
 */
export function parseSecret(body: unknown, query?: string): Secret {
  const fields = new Fields(body);
  const ref = secretRef(fields, query);
  const raw = fields.text('rawValue')?.replace(/[\r\n]/g, '');
  if (raw && !BASE64.test(raw))
    throw new FaasError('invalid_request', 'rawValue must be base64 with padding; for plain text use value');
  const value = raw ? Buffer.from(raw, 'base64') : Buffer.from(fields.text('value') ?? '');
  if (value.length > MAX_SECRET_BYTES)
    throw new FaasError('invalid_request', `the secret must be at most ${MAX_SECRET_BYTES} bytes, got ${value.length}`);
  return { ...ref, value };
}

/** DELETE `/system/secrets`: `{name, namespace?}`. @throws FaasError `invalid_request` */
export const parseSecretRef = (body: unknown, query?: string): FunctionRef => secretRef(new Fields(body), query);

function secretRef(fields: Fields, query: string | undefined): FunctionRef {
  return {
    name: secretName('name', fields.required('name')),
    namespace: requestNamespace(fields.text('namespace'), query),
  };
}

/**
 * POST and PUT of a namespace: `{name, labels?, annotations?}`.
 *
 * @param inPath the name in the path, which must be the body's where both are there
 * @throws FaasError `invalid_request`
 */
export function parseNamespace(body: unknown, inPath?: string): NamespaceInfo {
  const fields = new Fields(body);
  const name = fields.text('name') || inPath;
  if (!name) throw new FaasError('invalid_request', 'name is missing; give it the name of a namespace');
  if (inPath && name !== inPath)
    throw new FaasError(
      'invalid_request',
      `name must be that in the path, ${JSON.stringify(inPath)}, got ${JSON.stringify(name)}`,
    );
  return {
    name: namespaceName('name', name),
    labels: fields.record('labels') ?? {},
    annotations: fields.record('annotations') ?? {},
  };
}
