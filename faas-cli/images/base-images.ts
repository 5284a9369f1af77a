/**
 * The images that a Dockerfile starts from or copies from, with build arguments put in. Stages of its own and `scratch`
 * are none.
 */
export function baseImages(dockerfile: string, buildArgs: Readonly<Record<string, string>>): readonly string[] {
  const args = globalArgs(dockerfile, buildArgs);
  const stages = new Set(['scratch']);
  const images = new Set<string>();
  for (const line of logicalLines(dockerfile)) {
    const stage = stageOf(line, args);
    if (stage) {
      if (stage.image && !stages.has(stage.image.toLowerCase())) images.add(stage.image);
      if (stage.name) stages.add(stage.name);
    }
    const from = /^copy\s/i.test(line) ? /\s--from=(\S+)/.exec(line)?.[1] : undefined;
    // A number is a stage of this file.
    if (from && !/^\d+$/.test(from) && !stages.has(from.toLowerCase())) images.add(from);
  }
  return [...images];
}

/** The image that the last stage starts from, if need be by way of other stages; with build arguments put in. */
export function finalBase(dockerfile: string, buildArgs: Readonly<Record<string, string>>): string | undefined {
  const args = globalArgs(dockerfile, buildArgs);
  const bases = new Map<string, string>();
  let last: string | undefined;
  for (const line of logicalLines(dockerfile)) {
    const stage = stageOf(line, args);
    if (!stage) continue;
    last = bases.get(stage.image.toLowerCase()) ?? stage.image;
    if (stage.name) bases.set(stage.name, last);
  }
  return last;
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

/** What a FROM starts from, and its name in lower case. */
function stageOf(line: string, args: Readonly<Record<string, string>>): { image: string; name?: string } | undefined {
  const [word = '', ...rest] = line.split(/\s+/);
  if (!/^from$/i.test(word)) return undefined;
  const [image = '', as, name] = rest.filter((each) => !each.startsWith('--'));
  return { image: substitute(unquoted(image), args), ...(name && /^as$/i.test(as!) && { name: name.toLowerCase() }) };
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
