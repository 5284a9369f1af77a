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

/**
 * A function of zsh's own, for a folder of `$fpath` or for `source`. Its words are not named `path`, which is PATH
 * there.
 */
export function zshScript(nodes: readonly CompletionNode[]): string {
  const cases = nodes.map((node) => {
    const entries = [
      ...node.commands.map(({ name, summary }) => `${name}:${summary}`),
      ...node.flags.map(({ name, doc }) => `--${name}:${doc}`),
      '--help:Show help',
    ];
    return `    ${quoted(node.path.join('/'))}) entries=(${entries.map(quoted).join(' ')}) ;;`;
  });
  return `#compdef faas-cli
_faas_cli() {
  local at='' word
  local -a entries
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$word" in -*) continue ;; esac
    case ${quoted(` ${groupPaths(nodes).join(' ')} `)} in *" \${at:+\${at}/}$word "*) at="\${at:+$at/}$word" ;; esac
  done
  case "\${words[CURRENT-1]}" in ${valueFlags(nodes).join('|')}) _files; return ;; esac
  case "$at" in
${cases.join('\n')}
  esac
  _describe faas-cli entries || _files
}
if [ "\${funcstack[1]}" = _faas_cli ] || [ "\${funcstack[1]}" = _faas-cli ]; then _faas_cli "$@"; else compdef _faas_cli faas-cli; fi
`;
}

export function fishScript(nodes: readonly CompletionNode[]): string {
  const lines = nodes.flatMap((node) => {
    const condition = node.path.length === 0 ? '__fish_use_subcommand' : fishCondition(node, nodes);
    return [
      ...node.commands.map(
        ({ name, summary }) => `complete -c faas-cli -f -n ${quoted(condition)} -a ${name} -d ${quoted(summary)}`,
      ),
      ...node.flags.map(
        ({ name, short, doc, takesValue }) =>
          `complete -c faas-cli -n ${quoted(condition)} -l ${name}${short ? ` -s ${short}` : ''}${takesValue ? ' -r' : ''} -d ${quoted(doc)}`,
      ),
    ];
  });
  return `# fish completion for faas-cli\n${lines.join('\n')}\n`;
}

/** All words of its path were seen, and none that would make a longer one of them: "template store" is not "store". */
function fishCondition({ path }: CompletionNode, nodes: readonly CompletionNode[]): string {
  const longer = nodes.filter(
    (other) => other.path.length > path.length && path.every((word) => other.path.includes(word)),
  );
  const further = new Set(longer.flatMap((other) => other.path.filter((word) => !path.includes(word))));
  const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  return [...seen, ...(further.size > 0 ? [`not __fish_seen_subcommand_from ${[...further].join(' ')}`] : [])].join(
    '; and ',
  );
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
