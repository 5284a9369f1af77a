import { FaasError } from '../../common/errors.ts';
import { configFolder, removeLogin } from '../config/credentials.ts';
import { gatewayUrl } from '../config/gateway-url.ts';
import { defineCommand } from './command.ts';
import { gatewayFlags } from './flag-sets.ts';

export const logout = defineCommand({
  usage: '[-g URL]',
  examples: ['faas-cli logout -g https://faas.example.com'],
  flags: {
    gateway: gatewayFlags.gateway,
  },
  async run({ env, cwd, machine, stdout }, _args, flags) {
    const url = gatewayUrl(flags.gateway, undefined, env.OPENFAAS_URL);
    if (!(await removeLogin(configFolder(env, cwd, machine), url)))
      throw new FaasError('not_found', `there are no stored credentials for ${url}`);
    stdout.write(`credentials removed for ${url}\n`);
  },
});
