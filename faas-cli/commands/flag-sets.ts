/** Flags that several commands share (contract 5.2). */

export const gatewayFlags = {
  gateway: {
    type: 'string',
    short: 'g',
    value: 'url',
    doc: 'Gateway (default: http://127.0.0.1:8080, or $OPENFAAS_URL)',
  },
  'tls-no-verify': { type: 'boolean', doc: "Do not check the gateway's certificate" },
  token: { type: 'string', short: 'k', doc: 'JWT to use instead of the stored credentials' },
} as const;

export const namespaceFlags = {
  namespace: { type: 'string', short: 'n', doc: "Namespace (default: the stack file's, then the gateway's)" },
} as const;

export const envsubstFlags = {
  envsubst: { type: 'boolean', default: true, doc: 'Substitute ${VARIABLES} in the stack file' },
} as const;

/** What every command takes (contract 5.1). */
export const globalFlags = {
  yaml: { type: 'string', short: 'f', value: 'file', doc: 'stack file, or its URL (default: stack.yaml)' },
  regex: { type: 'string', value: 'expression', doc: 'only functions whose name matches' },
  filter: { type: 'string', value: 'glob', doc: 'only functions whose name matches; "*" is any text' },
} as const;

export const passwordFlags = {
  password: { type: 'string', doc: 'Password; others can see it in the list of processes' },
  'password-stdin': { type: 'boolean', short: 's', doc: 'Read the password from stdin' },
} as const;

export const jsonFlags = {
  json: { type: 'boolean', short: 'j', doc: 'Print JSON' },
} as const;

export const tagFlags = {
  tag: {
    type: 'string',
    default: 'latest',
    value: 'format',
    doc: 'Tag of the image: latest, sha, branch, describe or digest',
  },
} as const;

export const platformsFlags = {
  platforms: { type: 'string', default: 'linux/amd64', value: 'list', doc: 'Platforms to publish for, with commas' },
} as const;

export const builderFlags = {
  builder: { type: 'string', value: 'kind', doc: 'What to make: bundle or docker (default: what the gateway runs)' },
} as const;

export const buildFlags = {
  'build-arg': { type: 'strings', short: 'b', value: 'key=value', doc: 'Build argument' },
  'build-label': { type: 'strings', value: 'key=value', doc: 'Label of the image' },
  'build-option': { type: 'strings', short: 'o', value: 'name', doc: "One of the template's build options" },
  ...builderFlags,
  'copy-extra': { type: 'strings', value: 'path', doc: 'Further path to copy beside the handler' },
  debug: { type: 'boolean', doc: 'Show the output of every step' },
  'disable-stack-pull': { type: 'boolean', doc: 'Do not pull the templates that the stack file names' },
  'no-cache': { type: 'boolean', doc: 'Run every step again' },
  overwrite: { type: 'boolean', default: true, doc: 'Replace templates that are there when pulling' },
  parallel: { type: 'int', default: 1, doc: 'Functions to build at once' },
  platform: { type: 'string', value: 'os/arch', doc: "Platform of the image (default: the engine's)" },
  pull: { type: 'boolean', doc: 'Look for newer base images' },
  quiet: { type: 'boolean', doc: 'Print only errors' },
  shrinkwrap: { type: 'boolean', doc: 'Only make the build context, in ./build' },
  squash: { type: 'boolean', doc: 'Squash the layers of the image' },
} as const;

/** What to build or deploy when there is no stack file. */
export const singleFlags = {
  handler: { type: 'string', value: 'folder', doc: 'Folder of the code; without a stack file' },
  image: { type: 'string', value: 'name', doc: 'Image, such as hello:latest; without a stack file' },
  lang: { type: 'string', value: 'template', doc: 'Template; without a stack file' },
  name: { type: 'string', doc: 'Name of the function; without a stack file' },
} as const;

/** What store deploy takes, too. */
export const deploymentFlags = {
  annotation: { type: 'strings', value: 'key=value', doc: 'Annotation to add' },
  constraint: { type: 'strings', doc: 'Placement constraint, if the stack file has none' },
  'cpu-limit': { type: 'string', value: 'quantity', doc: 'Such as 100m' },
  'cpu-request': { type: 'string', value: 'quantity', doc: 'Such as 100m' },
  'memory-limit': { type: 'string', value: 'quantity', doc: 'Such as 128Mi' },
  'memory-request': { type: 'string', value: 'quantity', doc: 'Such as 64Mi' },
  env: { type: 'strings', short: 'e', value: 'key=value', doc: 'Environment variable to add' },
  label: { type: 'strings', short: 'l', value: 'key=value', doc: 'Label to add' },
  secret: { type: 'strings', value: 'name', doc: 'Secret to add' },
  replace: { type: 'boolean', doc: 'Delete the function first; needs --update=false' },
  update: { type: 'boolean', default: true, doc: 'Update the function if it is there' },
  timeout: { type: 'duration', default: '1m', doc: 'Longest wait for the gateway' },
} as const;

export const deployFlags = {
  ...deploymentFlags,
  fprocess: { type: 'string', value: 'command', doc: 'Process that the watchdog starts' },
  network: { type: 'string', doc: 'Ignored; kept for scripts' },
  'read-template': { type: 'boolean', default: true, doc: 'Take the process from the template' },
  readonly: { type: 'boolean', doc: 'Read-only root file system' },
} as const;
