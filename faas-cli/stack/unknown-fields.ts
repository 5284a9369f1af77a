import { didYouMean } from '../suggest.ts';
import type { YamlFields } from './yaml-reader.ts';

/** What a stack file may say (contract 4.2 and 4.3); the editors' schema has the same. */
export const STACK_FIELDS = {
  top: ['version', 'provider', 'functions', 'configuration'],
  provider: ['name', 'gateway'],
  configuration: ['templates', 'copy'],
  function: [
    'lang',
    'handler',
    'image',
    'fprocess',
    'environment',
    'environment_file',
    'secrets',
    'labels',
    'annotations',
    'constraints',
    'limits',
    'requests',
    'readonly_root_filesystem',
    'namespace',
    'skip_build',
    'build_options',
    'build_args',
    'build_secrets',
    // Read by OpenFaaS; publish goes by its own flag.
    'platforms',
  ],
};

/**
 * Fields of a stack file that mean nothing, likely misspelt; one line each. At the top any key may hold anchors
 * (contract 4.1), so there only what is nearly a field counts.
 */
export function unknownFields(stack: YamlFields): string[] {
  const functions = stack.fields('functions');
  return [
    ...unknown(stack, STACK_FIELDS.top).filter(({ hint }) => hint !== ''),
    ...unknown(stack.fields('provider'), STACK_FIELDS.provider),
    ...unknown(stack.fields('configuration'), STACK_FIELDS.configuration),
    ...(functions?.keys.flatMap((key) => unknown(functions.fields(key), STACK_FIELDS.function)) ?? []),
  ].map(({ where, hint }) => `${where} is no field and is ignored${hint}`);
}

function unknown(fields: YamlFields | undefined, known: readonly string[]) {
  const others = fields?.keys.filter((key) => !known.includes(key) && !key.startsWith('x-')) ?? [];
  return others.map((key) => ({ where: fields!.where(key), hint: didYouMean(key, known) }));
}
