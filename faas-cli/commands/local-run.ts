import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import { MANIFEST_FILE, parseManifest } from '../../provider/wire/bundle.ts';
import { buildAll } from '../build/build-all.ts';
import { bundleFile } from '../build/build-function.ts';
import { jobsOf } from '../build/jobs.ts';
import type { Context } from '../context.ts';
import { extractOwnBundle } from '../local-run/extract.ts';
import { checkSecrets, localEnvironment } from '../local-run/local-environment.ts';
import { readEnvironmentFiles } from '../stack/environment-files.ts';
import { keyValues } from '../stack/key-values.ts';
import { requireStack } from '../stack/load-stack.ts';
import { suggest } from '../suggest.ts';
import { defineCommand, type Values } from './command.ts';
import { buildFlags, envsubstFlags, tagFlags } from './flag-sets.ts';

const flags = {
  ...buildFlags,
  ...envsubstFlags,
  ...tagFlags,
  port: { type: 'int', short: 'p', default: 8080, doc: 'Port to listen on; 0 is a free one' },
  env: { type: 'strings', short: 'e', value: 'key=value', doc: 'Environment variable to add' },
  network: { type: 'string', doc: 'Ignored; kept for scripts' },
  print: { type: 'boolean', doc: 'Print the command instead of running it' },
  build: { type: 'boolean', default: true, doc: 'Build first' },
} as const;

export const localRun = defineCommand({
  usage: 'NAME [-p PORT] [flags]',
  description:
    'Runs one function alone, without gateway and Docker: http://127.0.0.1:8080 is the function. Secrets are files of ./.secrets.',
  examples: ['faas-cli local-run hello', 'faas-cli local-run hello -p 0 -e LOG=debug'],
  args: [0, 1],
  flags,
  async run(context, [name], given) {
    if (given.builder === 'docker')
      throw new FaasError(
        'not_supported',
        'local-run runs a function without Docker; leave --builder out, or build its image with "faas-cli build --builder docker" and start that',
      );
    const stack = await requireStack(context, given);
    const names = stack.functions.map((fn) => fn.name);
    const fn =
      name === undefined && names.length === 1
        ? stack.functions[0]
        : stack.functions.find((each) => each.name === name);
    if (!fn) {
      const meant = name === undefined ? undefined : suggest(name, names);
      throw new FaasError(
        'function_not_found',
        `${name === undefined ? 'name the function' : `there is no function "${name}" in ${stack.file}`}${meant ? `; did you mean "${meant}"?` : `; it has: ${names.join(', ')}`}`,
      );
    }
    const secretsFolder = join(context.cwd, '.secrets');
    await checkSecrets(fn.secrets, secretsFolder);
    if (given.build)
      await buildAll(
        {
          ...given,
          noCache: given['no-cache'],
          jobs: jobsOf({ ...stack, functions: [fn] }, given),
          stdout: context.stdout,
        },
        context,
      );
    if (given.shrinkwrap) return;
    const scratch = await mkdtemp(join(tmpdir(), 'faas-local-'));
    try {
      const folder = join(scratch, 'function');
      await extractOwnBundle(bundleFile(context.cwd, fn.name), folder).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code !== 'ENOENT') throw cause;
        throw new FaasError('invalid_request', `function ${fn.name} has not been built; leave out --build=false`, {
          cause,
        });
      });
      const variables = {
        ...fn.environment,
        ...(await readEnvironmentFiles(context.cwd, fn.environmentFiles)),
        ...keyValues('env', given.env),
      };
      const manifest = parseManifest(await readFile(join(folder, MANIFEST_FILE), 'utf8'));
      const port = given.port === 0 ? await freePort() : given.port;
      const path = context.env.PATH ?? '/usr/bin:/bin';
      const env = localEnvironment({ fn, manifest, folder, port, variables, secretsFolder, scratch, path });
      await runWatchdog(env, folder, given, context);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
});

async function runWatchdog(
  env: Record<string, string>,
  folder: string,
  given: Values<typeof flags>,
  context: Context,
): Promise<void> {
  const { watchdog: program, stdout, stderr, signal } = context;
  if (given.print) {
    const words = Object.entries(env).map(([key, value]) => `${key}='${value.replaceAll("'", "'\\''")}'`);
    return void stdout.write(`cd ${folder} && env -i ${words.join(' ')} ${program}\n`);
  }
  await access(program).catch((cause) => {
    throw new FaasError('not_found', `the watchdog ${program} is missing; "npm start" in the checkout builds it`, {
      cause,
    });
  });
  signal.throwIfAborted();
  stdout.write(`Running ${env.OPENFAAS_NAME} on http://127.0.0.1:${env.port}; Ctrl-C ends.\n`);
  const child = spawn(program, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  child.stdout.on('data', (chunk) => stdout.write(chunk));
  child.stderr.on('data', (chunk) => stderr.write(chunk));
  // The watchdog ends its function's processes, calls in flight first.
  const onAbort = () => child.kill('SIGTERM');
  signal.addEventListener('abort', onAbort);
  try {
    const [code, signalName] = await once(child, 'close');
    signal.throwIfAborted();
    throw new FaasError(
      'replica_crashed',
      `function ${env.OPENFAAS_NAME} ended by itself: ${signalName ?? `exit code ${code}`}`,
    );
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
