import type { Resources } from '../../provider/provider.ts';
import { readResources } from '../../provider/quantities.ts';
import { isFunctionName } from '../../provider/wire/names.ts';
import { sharedImages } from './shared-images.ts';
import { unknownFields } from './unknown-fields.ts';
import { readYaml, type YamlFields } from './yaml-reader.ts';

/** One function of a stack file (contract 4.3). */
export interface StackFunction {
  readonly name: string;
  readonly lang?: string | undefined;
  /** Folder, relative to the working directory. */
  readonly handler?: string | undefined;
  readonly image: string;
  readonly fprocess?: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly environmentFiles: readonly string[];
  readonly secrets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly constraints: readonly string[];
  readonly limits?: Resources | undefined;
  readonly requests?: Resources | undefined;
  readonly readonlyRootFilesystem: boolean;
  readonly namespace?: string | undefined;
  readonly skipBuild: boolean;
  readonly buildOptions: readonly string[];
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly buildSecrets: Readonly<Record<string, string>>;
}

/** A stack file (contract 4.2). */
export interface Stack {
  readonly gateway?: string | undefined;
  readonly functions: readonly StackFunction[];
  readonly templates: readonly { readonly name: string; readonly source?: string | undefined }[];
  /** Further paths for each build context. */
  readonly copy: readonly string[];
  /** What is likely not meant, one line each: fields that mean nothing, images that overwrite each other. */
  readonly warnings: readonly string[];
}

/**
 * Reads the text of a stack file, after substitution.
 *
 * @throws FaasError `invalid_request` that names file, line, column, field and rule
 */
export function parseStack(text: string, file: string): Stack {
  const fields = readYaml(text, file);
  const version = fields.text('version');
  if (version !== undefined && version !== '1.0')
    fields.failAt('version', `must be 1.0, got ${JSON.stringify(version)}`);
  const provider = fields.fields('provider');
  if (!provider) return fields.fail('provider is missing; add "provider:" with "name: openfaas"');
  const name = provider.required('name', 'add "name: openfaas"');
  if (name !== 'openfaas') provider.failAt('name', `must be openfaas, got ${JSON.stringify(name)}`);
  const functions = fields.fields('functions');
  const configuration = fields.fields('configuration');
  const parsed = functions?.keys.map((key) => parseFunction(key, functions)) ?? [];
  return {
    gateway: provider.text('gateway'),
    functions: parsed,
    templates:
      configuration?.list('templates').map((template) => ({
        name: template.required('name', 'give the name of a template'),
        source: template.text('source'),
      })) ?? [],
    copy: configuration?.texts('copy') ?? [],
    warnings: [...unknownFields(fields), ...sharedImages(parsed, file)],
  };
}

function parseFunction(name: string, functions: YamlFields): StackFunction {
  if (!isFunctionName(name))
    functions.failAt(
      name,
      'is no name of a function: use 1 to 63 of a-z, 0-9 and "-", starting and ending with a letter or digit',
    );
  const fields = functions.fields(name);
  if (!fields) return functions.failAt(name, 'is empty; give it at least "image:"');
  const skipBuild = fields.flag('skip_build') ?? false;
  const lang = fields.text('lang');
  if (lang && !skipBuild) fields.required('handler', `add the folder of the code, such as "handler: ./${name}"`);
  return {
    name,
    lang,
    handler: fields.text('handler'),
    image: fields.required('image', `add the image's name, such as "image: ${name}:latest"`),
    fprocess: fields.text('fprocess'),
    environment: fields.record('environment'),
    environmentFiles: fields.texts('environment_file'),
    secrets: fields.texts('secrets'),
    labels: fields.record('labels'),
    annotations: fields.record('annotations'),
    constraints: fields.texts('constraints'),
    limits: resources('limits', fields.fields('limits')),
    requests: resources('requests', fields.fields('requests')),
    readonlyRootFilesystem: fields.flag('readonly_root_filesystem') ?? false,
    namespace: fields.text('namespace'),
    skipBuild,
    buildOptions: fields.texts('build_options'),
    buildArgs: fields.record('build_args'),
    buildSecrets: fields.record('build_secrets'),
  };
}

function resources(field: string, fields: YamlFields | undefined): Resources | undefined {
  if (!fields) return undefined;
  const entries = fields.keys.flatMap((key) => {
    const value = fields.text(key);
    return value === undefined ? [] : [[key, value] as const];
  });
  if (entries.length === 0) return undefined;
  const read = Object.fromEntries(entries);
  try {
    // The engine would refuse it too, but only when other functions have been built and deployed.
    readResources(field, read);
  } catch (error) {
    return fields.fail((error as Error).message);
  }
  return read;
}
