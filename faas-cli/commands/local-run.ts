import { join } from 'node:path';
import { FaasError } from '../../common/errors.ts';
import { checkBuilder, templateBuilder } from '../build/choose-builder.ts';
import { isBuilt, jobsOf } from '../build/jobs.ts';
import type { Context } from '../context.ts';
import { withImages } from '../deploy/images.ts';
import { buildWith } from '../images/build-with.ts';
import { checkSecrets } from '../local-run/local-environment.ts';
import type { LocalFunction } from '../local-run/local-function.ts';
import { startContainer } from '../local-run/start-container.ts';
import { startWatchdog } from '../local-run/start-watchdog.ts';
import { printError } from '../print-error.ts';
import { readEnvironmentFiles } from '../stack/environment-files.ts';
import { functionsOf } from '../stack/functions-of.ts';
import { keyValues } from '../stack/key-values.ts';
import type { LoadedStack } from '../stack/load-stack.ts';
import type { StackFunction } from '../stack/stack.ts';
import { didYouMean } from '../suggest.ts';
import { pullMissing } from '../templates/pull-missing.ts';
import { watchStack } from '../watch/watch-stack.ts';
import { defineCommand, type Values } from './command.ts';
import { buildFlags, envsubstFlags, singleFlags, tagFlags } from './flag-sets.ts';

const flags = {
  ...buildFlags,
  ...singleFlags,
  ...envsubstFlags,
  ...tagFlags,
  builder: {
    type: 'string',
    value: 'kind',
    doc: 'bundle runs it without Docker, docker as a container (default: bundle where the template makes one)',
  },
  port: { type: 'int', short: 'p', default: 8080, doc: 'Port to listen on; 0 is a free one' },
  env: { type: 'strings', short: 'e', value: 'key=value', doc: 'Environment variable to add' },
  network: { type: 'string', doc: "Docker's network for the container" },
  print: { type: 'boolean', doc: 'Print the command instead of running it' },
  build: { type: 'boolean', default: true, doc: 'Build first' },
  watch: { type: 'boolean', doc: 'Build and run it again whenever its files are saved' },
} as const;

export const localRun = defineCommand({
  usage: 'NAME [-p PORT] [flags]',
  description:
    'Runs one function alone, without a gateway: http://127.0.0.1:8080 is the function. Without Docker, too, unless --builder docker asks for it. Secrets are files of ./.secrets.',
  examples: [
    'faas-cli local-run hello',
    'faas-cli local-run hello -p 0 -e LOG=debug --watch',
    'faas-cli local-run hello --builder docker',
  ],
  args: [0, 1],
  flags,
  async run(context, [name], given) {
    const load = () => stackOf(name, given, context);
    let running: LocalFunction | undefined;
    const restart = async () => {
      const stack = await load();
      const start = await prepare(stack, stack.functions[0]!, given, context);
      await running?.close();
      running = await start?.();
      return running;
    };
    try {
      if (given.watch && !given.print)
        await watchStack(context, load, async () => {
          const started = await restart();
          // The next save may mend it.
          started?.ended.catch((error) => printError(error, context));
        });
      else await endOf(await restart(), context.signal);
    } finally {
      await running?.close();
    }
  },
});

/** The stack with the one function that the user names. */
async function stackOf(name: string | undefined, given: Values<typeof flags>, context: Context): Promise<LoadedStack> {
  const stack = await functionsOf(context, given);
  const names = stack.functions.map((fn) => fn.name);
  const wanted = name ?? given.name ?? (names.length === 1 ? names[0] : undefined);
  const functions = stack.functions.filter((each) => each.name === wanted);
  if (functions.length > 0) return { ...stack, functions };
  const all = `; it has: ${names.join(', ')}`;
  throw new FaasError(
    'function_not_found',
    name === undefined
      ? `name the function${all}`
      : `there is no function "${name}" in ${stack.file}${didYouMean(name, names, all)}`,
  );
}

/** Builds the function; returns what starts it, undefined when only the build context was wanted. */
async function prepare(
  stack: LoadedStack,
  fn: StackFunction,
  given: Values<typeof flags>,
  context: Context,
): Promise<(() => Promise<LocalFunction | undefined>) | undefined> {
  await checkSecrets(fn.secrets, join(context.cwd, '.secrets'));
  const jobs = jobsOf(stack, given);
  if (!given['disable-stack-pull']) await pullMissing(stack, context);
  const builder = checkBuilder(given.builder) ?? (isBuilt(fn) ? await templateBuilder(fn.lang!, context) : 'docker');
  if (given.build && jobs.length > 0)
    await buildWith(builder, { ...given, noCache: given['no-cache'], jobs, functions: [fn] }, context);
  if (given.shrinkwrap) return undefined;
  const variables = {
    ...fn.environment,
    ...(await readEnvironmentFiles(context.cwd, fn.environmentFiles)),
    ...keyValues('env', given.env),
  };
  if (builder === 'bundle') return () => startWatchdog(fn, variables, given, context);
  const { image } = (await withImages([fn], given.tag, context.cwd))[0]!;
  return () => startContainer(fn, variables, { ...given, image }, context);
}

/** Until the user wants no more. @throws FaasError `replica_crashed` when it ends by itself */
async function endOf(running: LocalFunction | undefined, signal: AbortSignal): Promise<void> {
  if (!running) return;
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
  await Promise.race([aborted, running.ended]);
}
