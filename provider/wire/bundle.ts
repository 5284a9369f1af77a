/**
 * A bundle is a tar of regular files and folders with `bundle.json`, the manifest, first. faas-cli makes it, the
 * embedded engine runs it. It is reproducible: entries sorted by path, owner 0:0, time 0, modes 0644 and 0755 only.
 */
export const MANIFEST_FILE = 'bundle.json';

/** Media type of an upload. */
export const BUNDLE_TYPE = 'application/vnd.dunlin.bundle.v1+tar';

export const BUNDLE_MODES = ['module', 'http', 'fork', 'serializing', 'streaming', 'static'] as const;

export interface BundleManifest {
  readonly version: 1;
  /** The template it was made with, such as `typescript`; for people. */
  readonly language?: string;
  /** The watchdog's mode. */
  readonly mode: (typeof BUNDLE_MODES)[number];
  /** `fprocess` where the mode starts a process; the working directory is the bundle's root. */
  readonly process?: string;
  /** module mode: the file to load, relative to the bundle's root. */
  readonly handler?: string;
  /** static mode: the folder to serve, relative to the bundle's root. */
  readonly staticPath?: string;
  /** Further variables of the watchdog, which the function's own environment overrides. */
  readonly environment?: Readonly<Record<string, string>>;
}

const FIELDS: readonly (readonly [keyof BundleManifest, string])[] = [
  ['language', 'string'],
  ['process', 'string'],
  ['handler', 'string'],
  ['staticPath', 'string'],
  ['environment', 'object'],
];

/**
 * Reads a manifest.
 *
 * @throws Error that names the field and the rule
 */
export function parseManifest(json: string): BundleManifest {
  let manifest: unknown;
  try {
    manifest = JSON.parse(json);
  } catch (cause) {
    throw new Error(`${MANIFEST_FILE} is no JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest))
    throw new Error(`${MANIFEST_FILE} must hold an object`);
  const fields = manifest as Record<string, unknown>;
  if (fields.version !== 1)
    throw new Error(`${MANIFEST_FILE}: version must be 1, got ${JSON.stringify(fields.version)}`);
  if (!BUNDLE_MODES.some((mode) => mode === fields.mode))
    throw new Error(
      `${MANIFEST_FILE}: mode must be one of ${BUNDLE_MODES.join(', ')}, got ${JSON.stringify(fields.mode)}`,
    );
  for (const [name, type] of FIELDS) {
    const value = fields[name];
    if (value !== undefined && (typeof value !== type || value === null))
      throw new Error(`${MANIFEST_FILE}: ${name} must be of type ${type}`);
  }
  for (const [name, value] of Object.entries(fields.environment ?? {}))
    if (typeof value !== 'string') throw new Error(`${MANIFEST_FILE}: environment.${name} must be a string`);
  const { mode, handler, process } = fields;
  if (mode === 'module' && !handler) throw new Error(`${MANIFEST_FILE}: handler is missing; module mode needs it`);
  if (mode !== 'module' && mode !== 'static' && !process)
    throw new Error(`${MANIFEST_FILE}: process is missing; ${mode} mode needs it`);
  return fields as unknown as BundleManifest;
}
