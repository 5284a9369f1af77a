import type { Command, Flags } from './command.ts';

/** A command by name: enough for the overview; `load` brings the rest, so that only what runs is loaded. */
export interface Entry {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly hidden?: boolean;
  readonly load?: () => Promise<Command>;
  /** Of a group: whole command lines for its help. */
  readonly examples?: readonly string[];
  /** The commands of a group. */
  readonly entries?: readonly Entry[];
}

/** A command's types end where the command line's text begins. */
const any = <F extends Flags>(command: Command<F>): Command => command as unknown as Command;

export const REGISTRY: readonly Entry[] = [
  {
    name: 'new',
    summary: 'Make a function from a template',
    load: async () => any((await import('./new.ts')).newFunction),
  },
  {
    name: 'build',
    summary: 'Build the functions of stack.yaml',
    load: async () => any((await import('./build.ts')).build),
  },
  {
    name: 'push',
    summary: 'Upload what was built',
    load: async () => any((await import('./push.ts')).push),
  },
  {
    name: 'publish',
    summary: 'Build images for several platforms and push them',
    load: async () => any((await import('./publish.ts')).publish),
  },
  {
    name: 'deploy',
    summary: 'Deploy functions that were pushed',
    load: async () => any((await import('./deploy.ts')).deploy),
  },
  {
    name: 'up',
    summary: 'Build, push and deploy, and wait until the functions are ready',
    load: async () => any((await import('./up.ts')).up),
  },
  {
    name: 'invoke',
    summary: 'Call a function with the text of stdin',
    load: async () => any((await import('./invoke.ts')).invoke),
  },
  {
    name: 'list',
    aliases: ['ls'],
    summary: 'List deployed functions',
    load: async () => any((await import('./list.ts')).list),
  },
  {
    name: 'describe',
    summary: 'Show a function',
    load: async () => any((await import('./describe.ts')).describe),
  },
  {
    name: 'remove',
    aliases: ['rm', 'delete'],
    summary: 'Remove functions',
    load: async () => any((await import('./remove.ts')).remove),
  },
  {
    name: 'logs',
    summary: "Show a function's logs",
    load: async () => any((await import('./logs.ts')).logs),
  },
  {
    name: 'ready',
    summary: 'Wait until the gateway or a function is ready',
    load: async () => any((await import('./ready.ts')).ready),
  },
  {
    name: 'login',
    summary: 'Store credentials for a gateway',
    load: async () => any((await import('./login.ts')).login),
  },
  {
    name: 'logout',
    summary: 'Forget the credentials for a gateway',
    load: async () => any((await import('./logout.ts')).logout),
  },
  {
    name: 'registry-login',
    summary: 'Store credentials for an image registry',
    load: async () => any((await import('./registry-login.ts')).registryLogin),
  },
  {
    name: 'secret',
    summary: 'Manage secrets',
    examples: ['openssl rand -hex 16 | faas-cli secret create api-key', 'faas-cli secret list'],
    entries: [
      {
        name: 'create',
        summary: 'Create a secret',
        load: async () => any((await import('./secret-create.ts')).secretCreate),
      },
      {
        name: 'update',
        aliases: ['u'],
        summary: "Change a secret's value",
        load: async () => any((await import('./secret-update.ts')).secretUpdate),
      },
      {
        name: 'list',
        aliases: ['ls'],
        summary: 'List secrets by name',
        load: async () => any((await import('./secret-list.ts')).secretList),
      },
      {
        name: 'remove',
        aliases: ['rm', 'delete'],
        summary: 'Remove a secret',
        load: async () => any((await import('./secret-remove.ts')).secretRemove),
      },
      {
        name: 'apply',
        summary: 'Create or update a secret from every file of ./.secrets',
        load: async () => any((await import('./secret-apply.ts')).secretApply),
      },
      {
        name: 'generate',
        aliases: ['gen'],
        summary: 'Print a random value for a secret',
        load: async () => any((await import('./secret-generate.ts')).secretGenerate),
      },
    ],
  },
  {
    name: 'token',
    summary: 'Manage bearer tokens for calls and for the API',
    examples: ['faas-cli token create ci --function hello', 'faas-cli token list'],
    entries: [
      {
        name: 'create',
        summary: 'Create a token and print it',
        load: async () => any((await import('./token-create.ts')).tokenCreate),
      },
      {
        name: 'list',
        aliases: ['ls'],
        summary: 'List tokens by name, and what they may use',
        load: async () => any((await import('./token-list.ts')).tokenList),
      },
      {
        name: 'revoke',
        aliases: ['remove', 'rm', 'delete'],
        summary: 'Make a token worth nothing',
        load: async () => any((await import('./token-revoke.ts')).tokenRevoke),
      },
    ],
  },
  {
    name: 'store',
    summary: 'Find and deploy ready-made functions',
    examples: ['faas-cli store search text', 'faas-cli store deploy figlet'],
    entries: [
      {
        name: 'list',
        aliases: ['ls'],
        summary: 'List the functions of the store',
        load: async () => any((await import('./store-list.ts')).storeList),
      },
      {
        name: 'search',
        summary: 'Find functions of the store by words',
        load: async () => any((await import('./store-search.ts')).storeSearch),
      },
      {
        name: 'describe',
        aliases: ['inspect'],
        summary: 'Show a function of the store',
        load: async () => any((await import('./store-describe.ts')).storeDescribe),
      },
      {
        name: 'deploy',
        summary: 'Deploy a function of the store',
        load: async () => any((await import('./store-deploy.ts')).storeDeploy),
      },
    ],
  },
  {
    name: 'template',
    summary: 'Find and fetch templates',
    examples: ['faas-cli template list', 'faas-cli template pull https://github.com/openfaas/templates'],
    entries: [
      {
        name: 'list',
        aliases: ['ls'],
        summary: 'List the templates that "new" can use',
        load: async () => any((await import('./template-list.ts')).templateList),
      },
      {
        name: 'pull',
        summary: 'Fetch templates from a git repository',
        load: async () => any((await import('./template-pull.ts')).templatePull),
      },
      {
        name: 'store',
        summary: 'Find and fetch templates of the store',
        examples: ['faas-cli template store list', 'faas-cli template store pull typescript'],
        entries: [
          {
            name: 'list',
            aliases: ['ls'],
            summary: 'List the templates of the store',
            load: async () => any((await import('./template-store.ts')).templateStoreList),
          },
          {
            name: 'describe',
            summary: 'Show a template of the store',
            load: async () => any((await import('./template-store.ts')).templateStoreDescribe),
          },
          {
            name: 'pull',
            summary: 'Fetch a template of the store',
            load: async () => any((await import('./template-store.ts')).templateStorePull),
          },
        ],
      },
    ],
  },
  {
    name: 'namespace',
    aliases: ['ns'],
    summary: 'Manage namespaces',
    examples: ['faas-cli namespace create staging', 'faas-cli namespace list'],
    entries: [
      {
        name: 'create',
        summary: 'Create a namespace',
        load: async () => any((await import('./namespace-create.ts')).namespaceCreate),
      },
      {
        name: 'update',
        summary: "Replace a namespace's labels and annotations",
        load: async () => any((await import('./namespace-create.ts')).namespaceUpdate),
      },
      {
        name: 'get',
        summary: 'Show a namespace',
        load: async () => any((await import('./namespace-get.ts')).namespaceGet),
      },
      {
        name: 'list',
        aliases: ['ls'],
        summary: 'List namespaces',
        load: async () => any((await import('./namespace-list.ts')).namespaceList),
      },
      {
        name: 'remove',
        aliases: ['rm', 'delete'],
        summary: 'Remove an empty namespace',
        load: async () => any((await import('./namespace-remove.ts')).namespaceRemove),
      },
    ],
  },
  {
    // OpenFaaS's older name.
    name: 'namespaces',
    hidden: true,
    summary: 'List namespaces',
    load: async () => any((await import('./namespace-list.ts')).namespaceList),
  },
  {
    name: 'local-run',
    summary: 'Run one function alone, without a gateway',
    load: async () => any((await import('./local-run.ts')).localRun),
  },
  {
    name: 'dev',
    summary: 'Run a gateway and all functions of stack.yaml in this terminal, anew on each save',
    load: async () => any((await import('./dev.ts')).dev),
  },
  {
    name: 'doctor',
    summary: 'Check gateway, credentials, tools and stack file, and say what to do',
    load: async () => any((await import('./doctor.ts')).doctor),
  },
  {
    name: 'diff',
    summary: 'Compare the stack file with what is deployed',
    load: async () => any((await import('./diff.ts')).diff),
  },
  {
    name: 'generate',
    summary: 'Print Kubernetes resources for the functions',
    load: async () => any((await import('./generate.ts')).generate),
  },
  {
    name: 'completion',
    summary: 'Print a script for completion in the shell',
    load: async () => any((await import('./completion.ts')).completion),
  },
  {
    name: 'version',
    summary: 'Show the versions of faas-cli and of the gateway',
    load: async () => any((await import('./version.ts')).version),
  },
];
