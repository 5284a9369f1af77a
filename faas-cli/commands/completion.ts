import { FaasError } from '../../common/errors.ts';
import { bashScript, type CompletionNode, fishScript, zshScript } from '../completion-script.ts';
import { defineCommand, type Flags } from './command.ts';
import type { Entry } from './entry.ts';
import { globalFlags } from './flag-sets.ts';
import { REGISTRY } from './registry.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export const completion = defineCommand({
  usage: '--shell bash|zsh|fish',
  description: 'Prints a script that makes the shell complete commands and flags.',
  examples: [
    'source <(faas-cli completion --shell bash)',
    'faas-cli completion --shell zsh > "${fpath[1]}/_faas-cli"',
    'faas-cli completion --shell fish > ~/.config/fish/completions/faas-cli.fish',
  ],
  args: [0, 1],
  flags: { shell: { type: 'string', doc: 'bash, zsh or fish' } },
  async run({ stdout }, [argument], flags) {
    const shell = flags.shell ?? argument;
    const script = Object.entries(SCRIPTS).find(([name]) => name === shell)?.[1];
    if (!script) throw new FaasError('invalid_request', `--shell must be one of ${Object.keys(SCRIPTS).join(', ')}`);
    stdout.write(script(await nodesOf(REGISTRY, [])));
  },
});

/** Every command with its flags, and the root with the names of all. */
async function nodesOf(entries: readonly Entry[], path: readonly string[]): Promise<readonly CompletionNode[]> {
  const shown = entries.filter(({ hidden }) => !hidden);
  const children = await Promise.all(
    shown.map(async (entry) => {
      const here = [...path, entry.name];
      if (entry.entries) return nodesOf(entry.entries, here);
      const flags = (await entry.load!()).flags;
      return [{ path: here, commands: [], flags: flagsOf({ ...flags, ...globalFlags }) }];
    }),
  );
  const commands = shown.map(({ name, summary }) => ({ name, summary }));
  return [{ path, commands, flags: [] }, ...children.flat()];
}

const flagsOf = (flags: Flags): CompletionNode['flags'] =>
  Object.entries(flags).map(([name, { short, doc, type }]) => ({ name, short, doc, takesValue: type !== 'boolean' }));
