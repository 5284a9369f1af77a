import { BUNDLE_MODES, type BundleManifest } from '../../provider/wire/bundle.ts';
import { readYaml, type YamlFields } from '../stack/yaml-reader.ts';

/** A step of a bundle's making, such as `npm ci`. */
export interface InstallStep {
  readonly run: string;
  /** Folder of the build context. */
  readonly in: string;
  /** The step runs only when the folder has this file. */
  readonly when: string | undefined;
}

/** How the embedded engine runs functions of a template (docs/ARCHITECTURE.md). */
export interface BundleRecipe {
  readonly mode: BundleManifest['mode'];
  readonly process?: string | undefined;
  /** module mode: the file to bundle, in the build context. */
  readonly entry?: string | undefined;
  /** static mode: the folder to serve, in the build context. */
  readonly staticPath?: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly install: readonly InstallStep[];
}

/** A template's folder and its template.yml (contract 5.5). */
export interface Template {
  readonly name: string;
  readonly folder: string;
  readonly language?: string | undefined;
  readonly fprocess?: string | undefined;
  readonly buildOptions: readonly { readonly name: string; readonly packages: readonly string[] }[];
  readonly welcomeMessage?: string | undefined;
  /** Where the handler's files go, `function` unless it says otherwise. */
  readonly handlerFolder: string;
  readonly bundle?: BundleRecipe | undefined;
}

/** Reads a template.yml. @throws FaasError `invalid_request` that names file, line, field and rule */
export function parseTemplate(text: string, file: string, name: string, folder: string): Template {
  const fields = readYaml(text, file);
  const bundle = fields.fields('bundle');
  return {
    name,
    folder,
    language: fields.text('language'),
    fprocess: fields.text('fprocess'),
    buildOptions: fields.list('build_options').map((option) => ({
      name: option.required('name', 'give the name of the build option'),
      packages: option.texts('packages'),
    })),
    welcomeMessage: fields.text('welcome_message'),
    handlerFolder: fields.text('handler_folder') ?? 'function',
    bundle: bundle && parseRecipe(bundle),
  };
}

function parseRecipe(fields: YamlFields): BundleRecipe {
  const mode = BUNDLE_MODES.find((known) => known === fields.text('mode'));
  if (!mode) return fields.failAt('mode', `must be one of ${BUNDLE_MODES.join(', ')}`);
  if (mode === 'module') fields.required('entry', 'name the file to load, such as "entry: function/handler.ts"');
  else if (mode !== 'static') fields.required('process', 'name the command to run, such as "process: node index.js"');
  return {
    mode,
    process: fields.text('process'),
    entry: fields.text('entry'),
    staticPath: fields.text('static_path'),
    environment: fields.record('environment'),
    install: fields.list('install').map((step) => ({
      run: step.required('run', 'give the command'),
      in: step.text('in') ?? '.',
      when: step.text('when'),
    })),
  };
}
