import { FaasError } from '../../common/errors.ts';
import { runCredentialHelper } from '../images/credential-helper.ts';
import { helperFor, serverOf } from '../images/credentials.ts';
import { dockerConfigFile, readDockerConfig, storeDockerAuth } from '../images/docker-config.ts';
import { DOCKER_HUB } from '../images/image-name.ts';
import { readPassword } from '../read-password.ts';
import { defineCommand } from './command.ts';
import { passwordFlags } from './flag-sets.ts';

export const registryLogin = defineCommand({
  usage: '--username USER --password-stdin [--server HOST]',
  description:
    "Stores credentials in docker's config.json, or in the credential helper that it names, for build and push. They are not tried before.",
  examples: [
    'faas-cli registry-login --username ada --password-stdin < token.txt',
    'faas-cli registry-login --server ghcr.io --username ada --password-stdin < token.txt',
  ],
  flags: {
    username: { type: 'string', short: 'u', doc: 'User' },
    ...passwordFlags,
    server: { type: 'string', default: DOCKER_HUB, value: 'host', doc: 'Registry' },
    ecr: { type: 'boolean', doc: 'Not available' },
    'account-id': { type: 'string', value: 'id', doc: 'Not available' },
    region: { type: 'string', doc: 'Not available' },
  },
  async run(context, _args, flags) {
    const { username, server } = flags;
    if (flags.ecr || flags['account-id'] !== undefined || flags.region !== undefined)
      throw new FaasError(
        'not_supported',
        '--ecr, --account-id and --region are not available; name the ECR credential helper in "credHelpers" of docker\'s config.json',
      );
    if (!username || username.includes(':'))
      throw new FaasError('invalid_request', 'give a user, without a ":", with --username');
    const password = await readPassword(
      flags,
      'cat ~/password.txt | faas-cli registry-login -u user --password-stdin',
      context,
    );
    const registry = registryOf(server);
    const file = dockerConfigFile(context);
    const helper = helperFor(await readDockerConfig(file), registry);
    const key = serverOf(registry);
    if (helper) {
      const input = JSON.stringify({ ServerURL: key, Username: username, Secret: password });
      await runCredentialHelper({ ...context, helper, action: 'store', input });
      context.stdout.write(`credentials saved for ${username} ${key} by docker-credential-${helper}\n`);
      return;
    }
    await storeDockerAuth(file, key, { auth: Buffer.from(`${username}:${password}`).toString('base64') });
    context.stdout.write(`credentials saved for ${username} ${key} in ${file}\n`);
  },
});

/** The host of what users write: a URL, with or without a path, or a host. */
function registryOf(server: string): string {
  const host = server
    .trim()
    .replace(/^https?:\/\//, '')
    .replace(/\/.*$/, '');
  if (!/^[\w.-]+(:\d+)?$/.test(host))
    throw new FaasError('invalid_request', `--server must be the host of a registry, like ghcr.io, got "${server}"`);
  return ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'hub.docker.com'].includes(host) ? 'docker.io' : host;
}
