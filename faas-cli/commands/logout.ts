import { FaasError } from '../../common/errors.ts';
import { configFolder, removeLogin } from '../config/credentials.ts';
import { gatewayUrl } from '../config/gateway-url.ts';
import { defineCommand } from './command.ts';

export const logout = defineCommand({
  usage: '[-g URL]',
  examples: ['faas-cli logout -g https://faas.example.com'],
  flags: {
    gateway: {
      type: 'string',
      short: 'g',
      value: 'url',
      doc: 'Gateway (default: http://127.0.0.1:8080, or $OPENFAAS_URL)',
    },
  },
  async run({ env, cwd, machine, stdout }, _args, flags) {
    const url = gatewayUrl(flags.gateway, undefined, env.OPENFAAS_URL);
    if (!(await removeLogin(configFolder(env, cwd, machine), url)))
      throw new FaasError('not_found', `there are no stored credentials for ${url}`);
    stdout.write(`credentials removed for ${url}\n`);
  },
});
