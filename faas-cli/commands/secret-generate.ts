import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import { defineCommand } from './command.ts';

export const secretGenerate = defineCommand({
  usage: '[--length BYTES] [-o FILE]',
  description: 'Base64, without a line feed at the end when it goes to another program or a file.',
  examples: [
    'faas-cli secret generate | faas-cli secret create session-key',
    'faas-cli secret generate --length 64 -o key.txt',
  ],
  flags: {
    length: { type: 'int', default: 32, value: 'bytes', doc: 'Random bytes' },
    output: { type: 'string', short: 'o', value: 'file', doc: 'File to write instead of stdout' },
  },
  async run({ stdout, cwd }, _args, flags) {
    if (flags.length < 1 || flags.length > 65_536)
      throw new FaasError('invalid_request', `--length must be 1 to 65536, got ${flags.length}`);
    const value = randomBytes(flags.length).toString('base64');
    if (flags.output !== undefined) await writeFile(resolve(cwd, flags.output), value, { mode: 0o600 });
    else stdout.write(stdout.isTTY ? `${value}\n` : value);
  },
});
