import { stringify } from 'yaml';
import { FaasError } from '../../common/errors.ts';
import type { Deployment } from '../../provider/client-requests.ts';
import { deploymentOf } from '../deploy/deployment.ts';
import { withImages } from '../deploy/images.ts';
import { customResource, knativeService } from '../deploy/manifests.ts';
import { requireStack } from '../stack/load-stack.ts';
import { asStackFunction, findInStore, platformOf, readStore, requireImage } from '../store/store-file.ts';
import { defineCommand } from './command.ts';
import { deploymentFlags, envsubstFlags, tagFlags } from './flag-sets.ts';

const KINDS: Readonly<Record<string, (deployment: Deployment, namespace: string) => object>> = {
  'openfaas.com/v1': customResource,
  'serving.knative.dev/v1': knativeService,
};

export const generate = defineCommand({
  usage: '[--api openfaas.com/v1] [-n NAMESPACE] [flags]',
  description: 'Prints Kubernetes resources for the functions of the stack file.',
  examples: [
    'faas-cli generate | kubectl apply -f -',
    'faas-cli generate --api serving.knative.dev/v1',
    'faas-cli generate --from-store figlet',
  ],
  flags: {
    ...envsubstFlags,
    ...tagFlags,
    api: { type: 'string', default: 'openfaas.com/v1', value: 'version', doc: `${Object.keys(KINDS).join(' or ')}` },
    namespace: { type: 'string', short: 'n', default: 'openfaas-fn', doc: 'Namespace' },
    'from-store': { type: 'string', value: 'name', doc: 'A function of the store instead of the stack file' },
    name: { type: 'string', doc: 'Name of the function from the store' },
    arch: { type: 'string', default: 'x86_64', value: 'platform', doc: 'Platform of the image from the store' },
    annotation: deploymentFlags.annotation,
    label: deploymentFlags.label,
  },
  async run(context, _args, flags) {
    const kind = KINDS[flags.api];
    if (!kind)
      throw new FaasError('invalid_request', `--api must be ${Object.keys(KINDS).join(' or ')}, got "${flags.api}"`);
    const extra = { annotation: flags.annotation, label: flags.label, constraint: [], env: [], secret: [] };
    const toDeployment = (fn: Parameters<typeof deploymentOf>[0], image: string) =>
      deploymentOf(fn, image, extra, { readTemplate: false }, context);
    const deployments: Deployment[] = [];
    if (flags['from-store'] !== undefined) {
      const storeFlags = { platform: flags.arch };
      const found = findInStore(await readStore(storeFlags, context), flags['from-store']);
      const image = requireImage(found, platformOf(storeFlags, context));
      deployments.push(await toDeployment(asStackFunction(found, flags.name ?? found.name, image), image));
    } else {
      const { functions } = await requireStack(context, flags);
      for (const { fn, image } of await withImages(functions, flags.tag, context.cwd))
        deployments.push({ ...(await toDeployment(fn, image)), namespace: fn.namespace ?? flags.namespace });
    }
    const sorted = deployments.sort((a, b) => (a.name < b.name ? -1 : 1));
    const documents = sorted.map((deployment) => kind(deployment, deployment.namespace ?? flags.namespace));
    context.stdout.write(documents.map((document) => `---\n${stringify(document)}`).join(''));
  },
});
