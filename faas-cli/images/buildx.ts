import { spawn } from 'node:child_process';
import { FaasError } from '../../common/errors.ts';

/** The builder that is made once, as OpenFaaS's CLI names it (contract 5.6). */
const BUILDX_BUILDER = 'multiarch';

const QEMU = ['run', '--rm', '--privileged', 'multiarch/qemu-user-static', '--reset', '-p', 'yes'] as const;

export interface Publication {
  readonly image: string;
  /** `linux/amd64,linux/arm64`. */
  readonly platforms: string;
  readonly extraTags: readonly string[];
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly buildSecrets: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly noCache: boolean;
  readonly pull: boolean;
  /** The build context. */
  readonly folder: string;
}

/** The arguments of `docker` that build an image for several platforms and push it. */
export function buildxArgs(publication: Publication): readonly string[] {
  const { image, platforms, extraTags, buildArgs, buildSecrets, labels, noCache, pull, folder } = publication;
  const each = (flag: string, values: readonly string[]) => values.flatMap((value) => [flag, value]);
  const pairs = (record: Readonly<Record<string, string>>) => Object.entries(record).map(([k, v]) => `${k}=${v}`);
  const untagged = image.slice(0, image.lastIndexOf(':'));
  return [
    'buildx',
    'build',
    `--builder=${BUILDX_BUILDER}`,
    '--progress=plain',
    `--platform=${platforms}`,
    '--output=type=registry,push=true',
    ...(noCache ? ['--no-cache'] : []),
    ...(pull ? ['--pull'] : []),
    ...each('--build-arg', pairs(buildArgs)),
    ...each('--label', pairs(labels)),
    ...each(
      '--secret',
      Object.entries(buildSecrets).map(([id, path]) => `id=${id},src=${path}`),
    ),
    ...each('--tag', [image, ...extraTags.map((tag) => `${untagged}:${tag}`)]),
    folder,
  ];
}

export interface Buildx {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** @throws FaasError `not_supported` when docker or its buildx plugin is not installed */
export async function prepareBuildx(buildx: Buildx): Promise<void> {
  const version = await docker(['buildx', 'version'], buildx);
  if (version.code !== 0)
    throw new FaasError(
      'not_supported',
      'publish needs the docker command with its buildx plugin (Debian and Ubuntu: docker-buildx or docker-buildx-plugin), which is not installed here; for the platform of one Docker Engine, "faas-cli build" and "faas-cli push" need neither',
    );
  if ((await docker(['buildx', 'inspect', BUILDX_BUILDER], buildx)).code === 0) return;
  const created = await docker(['buildx', 'create', '--name', BUILDX_BUILDER, '--driver', 'docker-container'], buildx);
  if (created.code !== 0)
    throw new FaasError('function_failed', `docker buildx cannot make its builder: ${created.output.trim()}`);
}

/** Registers interpreters for other machines' programs with the kernel, as OpenFaaS's CLI does. */
export async function resetQemu(buildx: Buildx): Promise<void> {
  const { code, output } = await docker([...QEMU], buildx);
  if (code !== 0) throw new FaasError('function_failed', `--reset-qemu: docker ${QEMU.join(' ')}: ${output.trim()}`);
}

/** @throws FaasError `function_failed` with the end of what buildx said */
export async function runBuildx(
  publication: Publication,
  buildx: Buildx & { readonly onLine: (line: string) => void },
): Promise<void> {
  const { code, output } = await docker(buildxArgs(publication), buildx, buildx.onLine);
  if (code === 0) return;
  throw new FaasError('function_failed', `${publication.image} was not published: docker buildx ended with ${code}`, {
    extra: { lastLogLines: output.trimEnd().split('\n').slice(-20) },
  });
}

/** Runs docker without a shell; code 127 when there is none. Ends with the signal. */
async function docker(args: readonly string[], { env, signal }: Buildx, onLine?: (line: string) => void) {
  signal.throwIfAborted();
  const child = spawn('docker', args, { env, stdio: ['ignore', 'pipe', 'pipe'], signal, killSignal: 'SIGTERM' });
  let output = '';
  let rest = '';
  const take = (text: string) => {
    output += text;
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) onLine?.(line);
  };
  child.stdout.setEncoding('utf8').on('data', take);
  child.stderr.setEncoding('utf8').on('data', take);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? resolve(127) : reject(error)));
    child.on('close', resolve);
  });
  return { code, output };
}
