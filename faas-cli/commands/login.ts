import { FaasError } from '../../common/errors.ts';
import { GatewayClient } from '../../provider/client.ts';
import { ResponseError } from '../../provider/client-http.ts';
import { userAgent, warnIfUnencrypted } from '../config/connect.ts';
import { authorizationOf, basicToken, configFolder, type Login, storeLogin } from '../config/credentials.ts';
import { gatewayUrl } from '../config/gateway-url.ts';
import { readPassword } from '../read-password.ts';
import { defineCommand } from './command.ts';
import { gatewayFlags, passwordFlags } from './flag-sets.ts';

export const login = defineCommand({
  usage: '[--username USER] (--password-stdin | --password PASSWORD) [-g URL]',
  description: 'Asks the gateway whether the credentials are right, and stores them in ~/.openfaas/config.yml.',
  examples: [
    'cat password.txt | faas-cli login --password-stdin',
    'faas-cli login -g https://faas.example.com -u ada --password-stdin < password.txt',
  ],
  flags: {
    gateway: gatewayFlags.gateway,
    username: { type: 'string', short: 'u', default: 'admin', doc: 'User' },
    ...passwordFlags,
    password: { ...passwordFlags.password, short: 'p' },
    timeout: { type: 'duration', default: '5s', doc: 'Longest wait for the gateway' },
    'tls-no-verify': gatewayFlags['tls-no-verify'],
  },
  async run(context, _args, flags) {
    const { env, cwd, machine, stdout, stderr, signal } = context;
    if (flags.username === '') throw new FaasError('invalid_request', 'give a user with --username');
    const password = await readPassword(
      flags,
      'cat ~/faas_pass.txt | faas-cli login -u user --password-stdin',
      context,
    );
    const url = gatewayUrl(flags.gateway, undefined, env.OPENFAAS_URL);
    warnIfUnencrypted(url, stderr);
    const entry: Login = { gateway: url, auth: 'basic', token: basicToken(flags.username, password) };
    stdout.write('Calling the OpenFaaS server to validate the credentials...\n');
    const client = new GatewayClient({
      url,
      authorization: authorizationOf(entry),
      userAgent: userAgent(context),
      timeoutMs: flags.timeout,
      tlsNoVerify: flags['tls-no-verify'],
      proxyEnv: env,
    });
    try {
      await client.list(undefined, signal);
    } catch (error) {
      if (!(error instanceof ResponseError) || error.status !== 401) throw error;
      throw new FaasError('unauthorized', 'unable to login, either username or password is incorrect', {
        cause: error,
      });
    } finally {
      client.close();
    }
    await storeLogin(configFolder(env, cwd, machine), entry);
    stdout.write(`credentials saved for ${flags.username} ${url}\n`);
  },
});
