import { Command as Commander, CommanderError, Option } from 'commander';
import { parseTimerDuration } from '../common/duration.ts';
import { FaasError } from '../common/errors.ts';
import type { GatewayClient } from '../provider/client.ts';
import type { Command, Flag } from './commands/command.ts';
import type { Entry } from './commands/entry.ts';
import { globalFlags } from './commands/flag-sets.ts';
import { REGISTRY } from './commands/registry.ts';
import type { Context, GlobalFlags, Surroundings } from './context.ts';
import { printError } from './print-error.ts';

/**
 * Runs one command line and resolves with its exit code: 0, or 1 for any failure, which has been printed on stderr by
 * then.
 */
export async function runCli(given: readonly string[], surroundings: Surroundings): Promise<number> {
  const argv = given[0] === 'help' ? [...given.slice(1), '--help'] : given;
  const clients: GatewayClient[] = [];
  const work = async (command: Command, name: string, args: string[], values: Record<string, unknown>) => {
    const { yaml, regex, filter, ...flags } = values;
    const context: Context = {
      ...surroundings,
      global: { yaml, regex, filter } as GlobalFlags,
      command: name,
      async connect(connection) {
        const { connect } = await import('./config/connect.ts');
        const client = await connect(surroundings, connection);
        clients.push(client);
        return client;
      },
    };
    await command.run(context, args, flags as never);
  };
  try {
    const path = chosen(argv);
    const command = path.length > 0 ? await entryAt(path)?.load?.() : undefined;
    const program = buildProgram(surroundings, path, command, work);
    if (argv.length === 0) program.help();
    const words = commandWords(argv);
    // Commander would answer the wish for help before it looks at the name.
    const unknown = path.length === 0 && words.length > 0;
    await program.parseAsync(unknown ? [...words] : [...goBooleans(argv, command)], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 || error.code === 'commander.help' ? 0 : 1;
    if (!surroundings.signal.aborted) printError(error, surroundings);
    return 1;
  } finally {
    for (const client of clients) client.close();
  }
}

type Work = (command: Command, name: string, args: string[], flags: Record<string, unknown>) => Promise<void>;

/** The words that choose the command, as registered: `['secret', 'create']` for `secret create x`. */
function chosen(argv: readonly string[]): readonly string[] {
  const path: string[] = [];
  let entries = REGISTRY;
  for (const word of commandWords(argv)) {
    const entry = entries.find(({ name, aliases }) => name === word || aliases?.includes(word));
    if (!entry) break;
    path.push(entry.name);
    entries = entry.entries ?? [];
  }
  return path;
}

/** The command line without the global flags, which may come first. */
function commandWords(argv: readonly string[]): readonly string[] {
  const takesValue = ['-f', ...Object.keys(globalFlags).map((flag) => `--${flag}`)];
  return argv.filter((word, index) => !word.startsWith('-') && !takesValue.includes(argv[index - 1] ?? ''));
}

function entryAt(path: readonly string[]): Entry | undefined {
  let entry: Entry | undefined;
  for (const word of path) entry = (entry?.entries ?? REGISTRY).find(({ name }) => name === word);
  return entry;
}

/** All commands by name and summary, and the chosen one with its flags: the others' files need not be loaded. */
function buildProgram(io: Surroundings, path: readonly string[], command: Command | undefined, work: Work): Commander {
  const program = configure(new Commander('faas-cli'), io)
    .description('Make, build, deploy and call functions.')
    .usage('[-f STACK.YAML] COMMAND [flags]')
    .helpCommand(false)
    .addHelpText(
      'after',
      '\nFirst steps:\n  faas-cli new --lang typescript hello && faas-cli up\n  echo Ada | faas-cli invoke hello',
    );
  for (const [flag, definition] of Object.entries(globalFlags))
    for (const option of optionsOf(flag, definition)) program.addOption(option);
  addCommands(program, REGISTRY, [], path, command, work, io);
  return program;
}

function addCommands(
  parent: Commander,
  entries: readonly Entry[],
  above: readonly string[],
  path: readonly string[],
  command: Command | undefined,
  work: Work,
  io: Surroundings,
): void {
  for (const entry of entries) {
    const here = [...above, entry.name];
    const added = configure(parent.command(entry.name, { hidden: entry.hidden ?? false }), io);
    added.summary(entry.summary).description(entry.summary);
    if (entry.aliases) added.aliases(entry.aliases);
    if (entry.entries) {
      addCommands(added, entry.entries, here, path, command, work, io);
      added.helpCommand(false);
      if (entry.examples) added.addHelpText('after', examplesText(entry.examples));
      if (!entry.load) continue;
    }
    if (here.join(' ') === path.join(' ') && command) define(added, command, here.join(' '), work);
  }
}

function define(added: Commander, command: Command, name: string, work: Work): void {
  added.usage(command.usage).argument('[args...]').allowExcessArguments(false);
  if (command.description) added.description(`${added.summary()}\n\n${command.description}`);
  for (const [flag, definition] of Object.entries(command.flags))
    for (const option of optionsOf(flag, definition)) added.addOption(option);
  added.addHelpText('after', examplesText(command.examples));
  added.action(async (args: string[]) => {
    checkCount(args, command, name);
    const given = added.optsWithGlobals();
    const values: Record<string, unknown> = { yaml: given.yaml, regex: given.regex, filter: given.filter };
    for (const [flag, definition] of Object.entries(command.flags))
      values[flag] = read(flag, definition, given[attributeOf(flag)]);
    await work(command, name, args, values);
  });
}

const examplesText = (lines: readonly string[]): string =>
  `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  ${line}`).join('\n')}`;

function checkCount(args: readonly string[], command: Command, name: string): void {
  const [least, most] = command.args ?? [0, 0];
  const usage = `usage: faas-cli ${name} ${command.usage}`;
  const wrong =
    args.length < least ? 'an argument is missing' : args.length > most ? `"${args[most]}" is too much` : '';
  if (wrong) throw new FaasError('invalid_request', `${wrong}; ${usage}`);
}

function optionsOf(flag: string, { type, short, value, doc, default: fallback }: Flag): Option[] {
  const names = short ? `-${short}, --${flag}` : `--${flag}`;
  if (type !== 'boolean') {
    const option = new Option(`${names} <${(value ?? typeWord(type)).toLowerCase()}>`, withDefault(doc, fallback));
    if (type === 'strings')
      option.argParser((given: string, before: string[] | undefined) => [...(before ?? []), given]);
    return [option];
  }
  const option = new Option(names, withDefault(doc, fallback === true ? 'true; --'.concat(flag, '=false') : undefined));
  return flag.startsWith('no-') ? [option] : [option, new Option(`--no-${flag}`).hideHelp()];
}

const typeWord = (type: Flag['type']): string => (type === 'strings' ? 'value' : type);
const withDefault = (doc: string, fallback: unknown): string =>
  fallback === undefined || fallback === '' ? doc : `${doc} (default: ${fallback})`;

/** Commander's name for a flag's value: camel case, and `no-cache` is the negation of `cache`. */
const attributeOf = (flag: string): string =>
  flag.replace(/^no-/, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

function read(flag: string, definition: Flag, given: unknown): unknown {
  const { type, default: fallback } = definition;
  if (type === 'boolean') {
    if (flag.startsWith('no-')) return given === false;
    return given ?? fallback ?? false;
  }
  if (type === 'strings') return given ?? fallback ?? [];
  const text = given ?? fallback;
  if (text === undefined || type === 'string') return text;
  if (type === 'duration') return readDuration(flag, String(text));
  if (/^-?\d+$/.test(String(text))) return Number(text);
  throw new FaasError('invalid_request', `--${flag} must be a whole number, got ${JSON.stringify(text)}`);
}

function readDuration(flag: string, text: string): number {
  try {
    return parseTimerDuration(text);
  } catch (cause) {
    throw new FaasError('invalid_request', `--${flag}: ${(cause as Error).message}, got ${JSON.stringify(text)}`, {
      cause,
    });
  }
}

/** Go's `--update=false` and `--update=true`, which scripts use, as commander's `--no-update` and `--update`. */
function goBooleans(argv: readonly string[], command: Command | undefined): readonly string[] {
  return argv.flatMap((word) => {
    const [, flag, value] = /^--([a-z-]+)=(.*)$/.exec(word) ?? [];
    if (flag === undefined || command?.flags[flag]?.type !== 'boolean') return [word];
    if (/^(1|t|true)$/i.test(value!)) return [`--${flag}`];
    if (/^(0|f|false)$/i.test(value!)) return flag.startsWith('no-') ? [] : [`--no-${flag}`];
    throw new FaasError('invalid_request', `--${flag} must be true or false, got ${JSON.stringify(value)}`);
  });
}

function configure(command: Commander, io: Surroundings): Commander {
  return command
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      outputError: (text, write) => {
        const sentence = text.replace(/^error: /, '');
        write(`${sentence[0]!.toUpperCase()}${sentence.slice(1)}`);
        write(`See: faas-cli ${[...ancestors(command), '--help'].join(' ')}\n`);
      },
    });
}

function ancestors(command: Commander): string[] {
  return command.parent ? [...ancestors(command.parent), command.name()] : [];
}
