import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import { functionName } from '../../provider/wire/names.ts';
import { gatewayUrl } from '../config/gateway-url.ts';
import type { Context } from '../context.ts';
import { readStackFile, stackFile } from '../stack/load-stack.ts';
import { findTemplate, listTemplates } from '../templates/find-template.ts';
import {
  addToStack,
  copyHandler,
  ignoreBuilt,
  keepTemplate,
  type NewFunction,
  writeWhole,
} from '../templates/scaffold.ts';
import { defineCommand, type Values } from './command.ts';

const flags = {
  lang: { type: 'string', value: 'template', doc: 'Template, such as typescript; --list shows all' },
  list: { type: 'boolean', doc: 'List the templates' },
  append: { type: 'string', short: 'a', value: 'file', doc: 'Stack file to add the function to' },
  gateway: { type: 'string', short: 'g', value: 'url', doc: 'Gateway, for a new stack file' },
  handler: { type: 'string', value: 'folder', doc: 'Folder for the code (default: the name)' },
  prefix: {
    type: 'string',
    short: 'p',
    doc: "What stands before the image's name, such as ghcr.io/ada (or $OPENFAAS_PREFIX)",
  },
  quiet: { type: 'boolean', short: 'q', doc: 'Print nothing' },
  'cpu-limit': { type: 'string', value: 'quantity', doc: 'Such as 100m' },
  'cpu-request': { type: 'string', value: 'quantity', doc: 'Such as 100m' },
  'memory-limit': { type: 'string', value: 'quantity', doc: 'Such as 128Mi' },
  'memory-request': { type: 'string', value: 'quantity', doc: 'Such as 64Mi' },
} as const;

export const newFunction = defineCommand({
  usage: 'NAME --lang TEMPLATE [flags]',
  examples: ['faas-cli new --lang typescript hello', 'faas-cli new --list'],
  args: [0, 1],
  flags,
  async run(context, [name], given) {
    if (given.list) return printTemplates(context);
    if (name === undefined)
      throw new FaasError('invalid_request', 'give the function a name: faas-cli new NAME --lang TEMPLATE');
    functionName('the name', name);
    if (given.lang === undefined)
      throw new FaasError(
        'invalid_request',
        `give a template with --lang, one of: ${(await listTemplates(context)).join(', ')}`,
      );
    await make(context, name, given.lang, given);
  },
});

async function printTemplates(context: Context): Promise<void> {
  const names = await listTemplates(context);
  context.stdout.write(`Languages available as templates:\n${names.map((name) => `- ${name}\n`).join('')}`);
}

async function make(context: Context, name: string, lang: string, given: Values<typeof flags>): Promise<void> {
  const { cwd, env, stdout } = context;
  const template = await findTemplate(context, lang);
  const handler = given.handler ?? `./${name}`;
  const prefix = given.prefix ?? env.OPENFAAS_PREFIX;
  const file = given.append ?? (await stackFile(context));
  const fn: NewFunction = {
    name,
    lang,
    handler,
    image: `${prefix ? `${prefix.replace(/\/+$/, '')}/` : ''}${name}:latest`,
    limits: quantities(given['memory-limit'], given['cpu-limit']),
    requests: quantities(given['memory-request'], given['cpu-request']),
  };
  const before = await readStackFile(cwd, file).catch((error: FaasError) => {
    // One that is there and cannot be read is not to be replaced.
    if ((error.cause as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  });
  const gateway = gatewayUrl(given.gateway, undefined, env.OPENFAAS_URL);
  const stack = addToStack(before, file, gateway, fn);
  await copyHandler(cwd, handler, template);
  try {
    await keepTemplate(cwd, template);
    await ignoreBuilt(cwd);
    await writeWhole(resolve(cwd, file), stack);
  } catch (error) {
    await rm(resolve(cwd, handler), { recursive: true, force: true });
    throw error;
  }
  if (given.quiet) return;
  const folder = handler.replace(/^\.\//, '');
  stdout.write(
    `Function created in folder: ${folder}\nStack file ${before === undefined ? 'written' : 'updated'}: ${file}\n`,
  );
  if (template.welcomeMessage) stdout.write(`\nNotes:\n${template.welcomeMessage.trimEnd()}\n`);
}

function quantities(memory: string | undefined, cpu: string | undefined): Record<string, string> | undefined {
  if (!memory && !cpu) return undefined;
  return { ...(memory && { memory }), ...(cpu && { cpu }) };
}
