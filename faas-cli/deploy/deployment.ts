import type { Deployment } from '../../provider/client-requests.ts';
import type { Resources } from '../../provider/provider.ts';
import type { Context } from '../context.ts';
import { readEnvironmentFiles } from '../stack/environment-files.ts';
import { keyValues } from '../stack/key-values.ts';
import type { StackFunction } from '../stack/stack.ts';
import { findTemplate } from '../templates/find-template.ts';

/** Flags that change what is deployed. */
export interface DeploymentFlags {
  readonly namespace?: string | undefined;
  readonly annotation: readonly string[];
  readonly constraint: readonly string[];
  readonly 'cpu-limit'?: string | undefined;
  readonly 'cpu-request'?: string | undefined;
  readonly 'memory-limit'?: string | undefined;
  readonly 'memory-request'?: string | undefined;
  readonly env: readonly string[];
  readonly label: readonly string[];
  readonly secret: readonly string[];
  readonly fprocess?: string | undefined;
  readonly readonly?: boolean;
}

/** What to send for a function: flags over environment files over the stack file (contract 4.3). */
export async function deploymentOf(
  fn: StackFunction,
  image: string,
  flags: DeploymentFlags,
  options: { readonly readTemplate: boolean },
  context: Pick<Context, 'cwd' | 'assets'>,
): Promise<Deployment> {
  const namespace = flags.namespace ?? fn.namespace;
  const envProcess = flags.fprocess ?? fn.fprocess ?? (options.readTemplate ? await templateProcess(fn, context) : '');
  const envVars = {
    ...fn.environment,
    ...(await readEnvironmentFiles(context.cwd, fn.environmentFiles)),
    ...keyValues('env', flags.env),
  };
  const constraints = fn.constraints.length > 0 ? fn.constraints : flags.constraint;
  const secrets = [...new Set([...fn.secrets, ...flags.secret])];
  const limits = resources(fn.limits, flags['memory-limit'], flags['cpu-limit']);
  const requests = resources(fn.requests, flags['memory-request'], flags['cpu-request']);
  return {
    name: fn.name,
    image,
    ...(namespace && { namespace }),
    ...(envProcess && { envProcess }),
    ...(Object.keys(envVars).length > 0 && { envVars }),
    ...(constraints.length > 0 && { constraints }),
    ...(secrets.length > 0 && { secrets }),
    labels: orNull({ ...fn.labels, ...keyValues('label', flags.label) }),
    annotations: orNull({ ...fn.annotations, ...keyValues('annotation', flags.annotation) }),
    ...(limits && { limits }),
    ...(requests && { requests }),
    ...((fn.readonlyRootFilesystem || flags.readonly) && { readOnlyRootFilesystem: true }),
  };
}

/** A template with a bundle recipe needs no process from us: bundle and image carry it. */
async function templateProcess({ lang }: StackFunction, context: Pick<Context, 'cwd' | 'assets'>): Promise<string> {
  if (!lang || lang === 'dockerfile') return '';
  const template = await findTemplate(context, lang);
  return template.bundle ? '' : (template.fprocess ?? '');
}

const orNull = (record: Readonly<Record<string, string>>) => (Object.keys(record).length > 0 ? record : null);

function resources(given: Resources | undefined, memory: string | undefined, cpu: string | undefined) {
  const merged = { ...given, ...(memory && { memory }), ...(cpu && { cpu }) };
  return Object.keys(merged).length > 0 ? merged : undefined;
}
