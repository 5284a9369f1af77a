import { command, type Entry, group } from './entry.ts';

export const REGISTRY: readonly Entry[] = [
  command('new', 'Make a function from a template', async () => (await import('./new.ts')).newFunction),
  command('build', 'Build the functions of stack.yaml', async () => (await import('./build.ts')).build),
  command('push', 'Upload what was built', async () => (await import('./push.ts')).push),
  command(
    'publish',
    'Build images for several platforms and push them',
    async () => (await import('./publish.ts')).publish,
  ),
  command('deploy', 'Deploy functions that were pushed', async () => (await import('./deploy.ts')).deploy),
  command(
    'up',
    'Build, push and deploy, and wait until the functions are ready',
    async () => (await import('./up.ts')).up,
  ),
  command('invoke', 'Call a function with the text of stdin', async () => (await import('./invoke.ts')).invoke),
  command('list', 'List deployed functions', async () => (await import('./list.ts')).list, { aliases: ['ls'] }),
  command('describe', 'Show a function', async () => (await import('./describe.ts')).describe),
  command('remove', 'Remove functions', async () => (await import('./remove.ts')).remove, {
    aliases: ['rm', 'delete'],
  }),
  command('logs', "Show a function's logs", async () => (await import('./logs.ts')).logs),
  command('ready', 'Wait until the gateway or a function is ready', async () => (await import('./ready.ts')).ready),
  command('login', 'Store credentials for a gateway', async () => (await import('./login.ts')).login),
  command('logout', 'Forget the credentials for a gateway', async () => (await import('./logout.ts')).logout),
  command(
    'registry-login',
    'Store credentials for an image registry',
    async () => (await import('./registry-login.ts')).registryLogin,
  ),
  group(
    'secret',
    'Manage secrets',
    { examples: ['openssl rand -hex 16 | faas-cli secret create api-key', 'faas-cli secret list'] },
    [
      command('create', 'Create a secret', async () => (await import('./secret-create.ts')).secretCreate),
      command('update', "Change a secret's value", async () => (await import('./secret-update.ts')).secretUpdate, {
        aliases: ['u'],
      }),
      command('list', 'List secrets by name', async () => (await import('./secret-list.ts')).secretList, {
        aliases: ['ls'],
      }),
      command('remove', 'Remove a secret', async () => (await import('./secret-remove.ts')).secretRemove, {
        aliases: ['rm', 'delete'],
      }),
      command(
        'apply',
        'Create or update a secret from every file of ./.secrets',
        async () => (await import('./secret-apply.ts')).secretApply,
      ),
      command(
        'generate',
        'Print a random value for a secret',
        async () => (await import('./secret-generate.ts')).secretGenerate,
        { aliases: ['gen'] },
      ),
    ],
  ),
  group(
    'token',
    'Manage bearer tokens for calls and for the API',
    { examples: ['faas-cli token create ci --function hello', 'faas-cli token list'] },
    [
      command('create', 'Create a token and print it', async () => (await import('./token-create.ts')).tokenCreate),
      command(
        'list',
        'List tokens by name, and what they may use',
        async () => (await import('./token-list.ts')).tokenList,
        { aliases: ['ls'] },
      ),
      command('revoke', 'Make a token worth nothing', async () => (await import('./token-revoke.ts')).tokenRevoke, {
        aliases: ['remove', 'rm', 'delete'],
      }),
    ],
  ),
  group(
    'store',
    'Find and deploy ready-made functions',
    { examples: ['faas-cli store search text', 'faas-cli store deploy figlet'] },
    [
      command('list', 'List the functions of the store', async () => (await import('./store-list.ts')).storeList, {
        aliases: ['ls'],
      }),
      command(
        'search',
        'Find functions of the store by words',
        async () => (await import('./store-search.ts')).storeSearch,
      ),
      command(
        'describe',
        'Show a function of the store',
        async () => (await import('./store-describe.ts')).storeDescribe,
        { aliases: ['inspect'] },
      ),
      command('deploy', 'Deploy a function of the store', async () => (await import('./store-deploy.ts')).storeDeploy),
    ],
  ),
  group(
    'template',
    'Find and fetch templates',
    { examples: ['faas-cli template list', 'faas-cli template pull https://github.com/openfaas/templates'] },
    [
      command(
        'list',
        'List the templates that "new" can use',
        async () => (await import('./template-list.ts')).templateList,
        { aliases: ['ls'] },
      ),
      command(
        'pull',
        'Fetch templates from a git repository',
        async () => (await import('./template-pull.ts')).templatePull,
      ),
      group(
        'store',
        'Find and fetch templates of the store',
        { examples: ['faas-cli template store list', 'faas-cli template store pull typescript'] },
        [
          command(
            'list',
            'List the templates of the store',
            async () => (await import('./template-store.ts')).templateStoreList,
            { aliases: ['ls'] },
          ),
          command(
            'describe',
            'Show a template of the store',
            async () => (await import('./template-store.ts')).templateStoreDescribe,
          ),
          command(
            'pull',
            'Fetch a template of the store',
            async () => (await import('./template-store.ts')).templateStorePull,
          ),
        ],
      ),
    ],
  ),
  group(
    'namespace',
    'Manage namespaces',
    { aliases: ['ns'], examples: ['faas-cli namespace create staging', 'faas-cli namespace list'] },
    [
      command('create', 'Create a namespace', async () => (await import('./namespace-create.ts')).namespaceCreate),
      command(
        'update',
        "Replace a namespace's labels and annotations",
        async () => (await import('./namespace-update.ts')).namespaceUpdate,
      ),
      command('get', 'Show a namespace', async () => (await import('./namespace-get.ts')).namespaceGet),
      command('list', 'List namespaces', async () => (await import('./namespace-list.ts')).namespaceList, {
        aliases: ['ls'],
      }),
      command(
        'remove',
        'Remove an empty namespace',
        async () => (await import('./namespace-remove.ts')).namespaceRemove,
        { aliases: ['rm', 'delete'] },
      ),
    ],
  ),
  // OpenFaaS's older name.
  command('namespaces', 'List namespaces', async () => (await import('./namespace-list.ts')).namespaceList, {
    hidden: true,
  }),
  command(
    'local-run',
    'Run one function alone, without a gateway',
    async () => (await import('./local-run.ts')).localRun,
  ),
  command(
    'dev',
    'Run a gateway and all functions of stack.yaml in this terminal, anew on each save',
    async () => (await import('./dev.ts')).dev,
  ),
  command(
    'doctor',
    'Check gateway, credentials, tools and stack file, and say what to do',
    async () => (await import('./doctor.ts')).doctor,
  ),
  command('diff', 'Compare the stack file with what is deployed', async () => (await import('./diff.ts')).diff),
  command(
    'generate',
    'Print Kubernetes resources for the functions',
    async () => (await import('./generate.ts')).generate,
  ),
  command(
    'completion',
    'Print a script for completion in the shell',
    async () => (await import('./completion.ts')).completion,
  ),
  command(
    'version',
    'Show the versions of faas-cli and of the gateway',
    async () => (await import('./version.ts')).version,
  ),
];
