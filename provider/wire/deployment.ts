import { FaasError } from '../../common/errors.ts';
import type { FunctionSpec, Resources } from '../provider.ts';
import { Fields, withoutEmpty } from './fields.ts';
import { functionName, requestNamespace, secretName } from './names.ts';

/** Body of POST and PUT `/system/functions` (contract 1.5, FunctionDeployment). */
export interface DeploymentJson {
  readonly service: string;
  readonly image: string;
  readonly namespace?: string;
  readonly envProcess?: string;
  readonly envVars?: Readonly<Record<string, string>>;
  readonly constraints?: readonly string[];
  readonly secrets?: readonly string[];
  readonly labels?: Readonly<Record<string, string>> | null;
  readonly annotations?: Readonly<Record<string, string>> | null;
  readonly limits?: Resources;
  readonly requests?: Resources;
  readonly readOnlyRootFilesystem?: boolean;
}

/** Names of FunctionResources, beside which unknown ones are ignored. */
const RESOURCES = ['memory', 'cpu', 'nvidia.com/gpu', 'amd.com/gpu', 'intel.com/gpu'];

/**
 * What a client asks to deploy. Values are kept byte for byte; empty ones count as absent.
 *
 * @param query the query's `namespace`, if any
 * @throws FaasError `invalid_request` that names field, rule and value
 */
export function parseDeployment(body: unknown, query?: string): FunctionSpec {
  const fields = new Fields(body);
  const name = functionName('service', fields.required('service'));
  return {
    name,
    namespace: requestNamespace(fields.text('namespace'), query),
    image: imageName(fields.required('image')),
    labels: fields.record('labels') ?? {},
    annotations: fields.record('annotations') ?? {},
    ...withoutEmpty({
      envProcess: fields.text('envProcess'),
      envVars: checkVariables(fields.record('envVars')),
      constraints: fields.texts('constraints'),
      secrets: fields.texts('secrets')?.map((secret, index) => secretName(`secrets[${index}]`, secret)),
      limits: parseResources(fields.object('limits')),
      requests: parseResources(fields.object('requests')),
      readOnlyRootFilesystem: fields.flag('readOnlyRootFilesystem'),
    }),
  };
}

function parseResources(fields: Fields | undefined): Resources | undefined {
  if (fields === undefined) return undefined;
  return withoutEmpty(Object.fromEntries(RESOURCES.map((name) => [name, fields.text(name)])));
}

/**
 * Any reference that a registry could know; what it names is the provider's to find.
 *
 * @throws FaasError `invalid_request`
 */
export function imageName(image: string): string {
  if (image.length <= 1024 && /^[\x21-\x7e]+$/.test(image)) return image;
  throw new FaasError(
    'invalid_request',
    `image must be at most 1024 printable characters without spaces, such as "hello:latest", got ${JSON.stringify(image.slice(0, 80))}`,
  );
}

function checkVariables(variables: Readonly<Record<string, string>> | undefined): typeof variables {
  for (const [name, value] of Object.entries(variables ?? {})) {
    if (name === '' || /[=\0]/.test(name))
      throw new FaasError(
        'invalid_request',
        `envVars: ${JSON.stringify(name)} is no name of a variable; it must not be empty or contain "="`,
      );
    if (value.includes('\0'))
      throw new FaasError('invalid_request', `envVars.${name} must not contain a NUL character`);
    // They are orders to Bun, the runtime inside the watchdog's executable.
    if (name.startsWith('BUN_'))
      throw new FaasError(
        'invalid_request',
        `envVars.${name}: names that begin with BUN_ are the watchdog's own; choose another`,
      );
  }
  return variables;
}
