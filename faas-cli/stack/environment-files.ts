import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import { readYaml } from './yaml-reader.ts';

/** The `environment:` of several files, later ones first in rank (contract 4.3). @throws FaasError `invalid_request` */
export async function readEnvironmentFiles(
  cwd: string,
  files: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const maps = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(resolve(cwd, file), 'utf8').catch((cause: NodeJS.ErrnoException) => {
        const why = cause.code === 'ENOENT' ? `there is no such file in ${cwd}` : cause.message;
        throw new FaasError('invalid_request', `cannot read the environment file ${file}: ${why}`, { cause });
      });
      return readYaml(text, file).record('environment');
    }),
  );
  return Object.assign({}, ...maps);
}
