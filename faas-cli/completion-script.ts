/** What can follow some words of a command line. */
export interface CompletionNode {
  /** The words, such as `secret`, `create`; none for the start. */
  readonly path: readonly string[];
  readonly commands: readonly { readonly name: string; readonly summary: string }[];
  readonly flags: readonly {
    readonly name: string;
    readonly short: string | undefined;
    readonly doc: string;
    readonly takesValue: boolean;
  }[];
}

/** Words for bash, by the commands typed so far; files where a flag takes a value. */
export function bashScript(nodes: readonly CompletionNode[]): string {
  const cases = nodes.map((node) => `    ${quoted(node.path.join(' '))}) words=${quoted(wordsOf(node).join(' '))} ;;`);
  return `# bash completion for faas-cli
_faas_cli() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path='' words='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) continue ;; esac
    case ${quoted(` ${groupPaths(nodes).join(' ')} `)} in *" \${path:+\${path}/}$word "*) path="\${path:+$path/}$word" ;; esac
  done
  path="\${path//\\// }"
  case "$previous" in ${valueFlags(nodes).join('|')}) COMPREPLY=($(compgen -f -- "$current")); return ;; esac
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _faas_cli faas-cli
`;
}

/** zsh runs bash's script, by its own bridge. */
export const zshScript = (nodes: readonly CompletionNode[]): string =>
  `#compdef faas-cli\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(nodes)}`;

export function fishScript(nodes: readonly CompletionNode[]): string {
  const lines = nodes.flatMap(({ path, commands, flags }) => {
    const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
    const inside = [...seen, ...commands.map(({ name }) => `not __fish_seen_subcommand_from ${name}`)].join('; and ');
    const condition = path.length === 0 ? '__fish_use_subcommand' : inside;
    return [
      ...commands.map(
        ({ name, summary }) => `complete -c faas-cli -f -n ${quoted(condition)} -a ${name} -d ${quoted(summary)}`,
      ),
      ...flags.map(
        ({ name, short, doc, takesValue }) =>
          `complete -c faas-cli -n ${quoted(condition)} -l ${name}${short ? ` -s ${short}` : ''}${takesValue ? ' -r' : ''} -d ${quoted(doc)}`,
      ),
    ];
  });
  return `# fish completion for faas-cli\n${lines.join('\n')}\n`;
}

const wordsOf = ({ commands, flags }: CompletionNode): readonly string[] => [
  ...commands.map(({ name }) => name),
  ...flags.map(({ name }) => `--${name}`),
  '--help',
];

/** Paths of all commands, with `/` between their words. */
const groupPaths = (nodes: readonly CompletionNode[]): readonly string[] =>
  nodes.filter(({ path }) => path.length > 0).map(({ path }) => path.join('/'));

const valueFlags = (nodes: readonly CompletionNode[]): readonly string[] => {
  const taking = nodes.flatMap(({ flags }) =>
    flags.filter(({ takesValue }) => takesValue).map(({ name }) => `--${name}`),
  );
  return [...new Set([...taking, '-f'])].sort();
};

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
