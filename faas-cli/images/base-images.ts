/**
 * The images that a Dockerfile starts from or copies from, with build arguments put in. Stages of its own and `scratch`
 * are none.
 */
export function baseImages(dockerfile: string, buildArgs: Readonly<Record<string, string>>): readonly string[] {
  const args = globalArgs(dockerfile, buildArgs);
  const stages = new Set(['scratch']);
  const images = new Set<string>();
  for (const line of logicalLines(dockerfile)) {
    const [word = '', ...rest] = line.split(/\s+/);
    const instruction = word.toUpperCase();
    if (instruction === 'FROM') {
      const words = rest.filter((each) => !each.startsWith('--'));
      const image = substitute(unquoted(words[0] ?? ''), args);
      if (image && !stages.has(image.toLowerCase())) images.add(image);
      if (words[1]?.toUpperCase() === 'AS' && words[2]) stages.add(words[2].toLowerCase());
    }
    const from = instruction === 'COPY' ? /\s--from=(\S+)/.exec(line)?.[1] : undefined;
    // A number is a stage of this file.
    if (from && !/^\d+$/.test(from) && !stages.has(from.toLowerCase())) images.add(from);
  }
  return [...images];
}

/** Arguments that hold before the first FROM: those of the build, else their defaults. */
export function globalArgs(
  dockerfile: string,
  buildArgs: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const args: Record<string, string> = {};
  for (const line of logicalLines(dockerfile)) {
    const [word = '', ...rest] = line.split(/\s+/);
    if (/^from$/i.test(word)) break;
    if (/^arg$/i.test(word))
      for (const each of rest) {
        const [name = '', fallback] = each.split(/=(.*)/s);
        const value = buildArgs[name] ?? (fallback === undefined ? undefined : unquoted(fallback));
        if (value !== undefined) args[name] = value;
      }
  }
  return args;
}

/** Lines without comments, joined where they end in a backslash. */
function logicalLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\[ \t]*\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

const unquoted = (text: string): string => text.replace(/^(["'])(.*)\1$/, '$2');

/** `${NAME}`, `$NAME` and `${NAME:-default}`. */
export const substitute = (text: string, args: Readonly<Record<string, string>>): string =>
  text.replace(
    /\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))/g,
    (_, braced: string | undefined, fallback: string | undefined, plain: string | undefined) =>
      args[(braced ?? plain)!] || fallback || '',
  );
