import type { Deployment } from '../../provider/client-requests.ts';
import { LABEL_FUNCTION } from '../../provider/labels.ts';
import type { StatusJson } from '../../provider/wire/status.ts';

type Values = Readonly<Record<string, string>>;

/**
 * What differs, as lines `- field: deployed` and `+ field: wanted`, by field.
 *
 * @param scope whose environment variables count: those wanted, those deployed, or both
 */
export function differences(
  wanted: Deployment,
  deployed: StatusJson,
  scope: 'local' | 'remote' | 'all',
): readonly string[] {
  const after = flat(wanted);
  const before = flat(deployed);
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names
    .filter((name) => before[name] !== after[name] && inScope(name, before, after, scope))
    .flatMap((name) => [
      ...(before[name] === undefined ? [] : [`- ${name}: ${before[name]}`]),
      ...(after[name] === undefined ? [] : [`+ ${name}: ${after[name]}`]),
    ]);
}

function inScope(name: string, before: Values, after: Values, scope: 'local' | 'remote' | 'all'): boolean {
  if (!name.startsWith('environment.') || scope === 'all') return true;
  return (scope === 'local' ? after : before)[name] !== undefined;
}

/** Fields by path, named as in the stack file; empty ones are left out. */
function flat(fn: Omit<Deployment, 'name'>): Values {
  const out: Record<string, string> = {};
  const add = (name: string, value: string | undefined) => {
    if (value) out[name] = value;
  };
  const all = (prefix: string, record: Readonly<Record<string, string | undefined>> | null | undefined) => {
    for (const [key, value] of Object.entries(record ?? {})) add(`${prefix}.${key}`, value);
  };
  add('image', fn.image);
  add('fprocess', fn.envProcess);
  all('environment', fn.envVars);
  const { [LABEL_FUNCTION]: _, ...labels } = fn.labels ?? {};
  all('labels', labels);
  all('annotations', fn.annotations);
  add('secrets', [...(fn.secrets ?? [])].sort().join(', '));
  add('constraints', fn.constraints?.join(', '));
  all('limits', fn.limits);
  all('requests', fn.requests);
  add('readonly_root_filesystem', fn.readOnlyRootFilesystem ? 'true' : undefined);
  return out;
}
