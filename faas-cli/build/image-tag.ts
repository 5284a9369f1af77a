import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { FaasError } from '../../common/errors.ts';
import { digestOf, hashTree } from './hash-tree.ts';

const TAG_FORMATS = ['latest', 'sha', 'branch', 'describe', 'digest'] as const;

/**
 * An image's name under `--tag` (contract 5.6): `latest` as it is, `sha`, `branch` and `describe` add what git says,
 * `digest` replaces the tag by the MD5 of the handler's folder.
 *
 * @throws FaasError `invalid_request` for an unknown format, or where git cannot say
 */
export async function imageTag(
  image: string,
  format: string,
  { cwd, handler }: { readonly cwd: string; readonly handler: string | undefined },
): Promise<string> {
  const { repository, tag, digest } = splitImage(image);
  if (digest) return image;
  switch (format) {
    case '':
    case 'latest':
      return `${repository}:${tag}`;
    case 'sha':
      return `${repository}:${tag}-${await git(cwd, format, ['rev-parse', '--short', 'HEAD'])}`;
    case 'branch': {
      const branch = await git(cwd, format, ['rev-parse', '--symbolic-full-name', '--abbrev-ref', 'HEAD']);
      const sha = await git(cwd, format, ['rev-parse', '--short', 'HEAD']);
      return `${repository}:${tag}-${branch.replaceAll('/', '-')}-${sha}`;
    }
    case 'describe':
      return `${repository}:${tag}-${await git(cwd, format, ['describe', '--tags', '--always'])}`;
    case 'digest':
      if (!handler) return `${repository}:${tag}`;
      return `${repository}:${await digestOf('md5', (hash) => hashTree(hash, handler))}`;
    default:
      throw wrongFormat(format);
  }
}

/** @throws FaasError `invalid_request` */
export function checkTagFormat(format: string): void {
  if (format !== '' && !TAG_FORMATS.some((known) => known === format)) throw wrongFormat(format);
}

const wrongFormat = (format: string): FaasError =>
  new FaasError('invalid_request', `--tag must be one of ${TAG_FORMATS.join(', ')}, got "${format}"`);

/** `registry:5000/name:tag` in parts; the tag is `latest` when there is none. */
function splitImage(image: string): { repository: string; tag: string; digest: boolean } {
  if (image.includes('@')) return { repository: image, tag: '', digest: true };
  const colon = image.lastIndexOf(':');
  if (colon <= image.lastIndexOf('/')) return { repository: image, tag: 'latest', digest: false };
  return { repository: image.slice(0, colon), tag: image.slice(colon + 1), digest: false };
}

async function git(cwd: string, format: string, args: string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('git', args, { cwd });
    return stdout.trim();
  } catch (cause) {
    throw new FaasError(
      'invalid_request',
      `--tag ${format} needs a git repository with a commit, and git: "git ${args.join(' ')}" failed in ${cwd}; --tag digest and --tag latest need neither`,
      { cause },
    );
  }
}
