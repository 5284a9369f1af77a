/**
 * Splits a command line into words: on blanks, with single and double quotes and backslash as a shell reads them,
 * and nothing else (no variables, no globs). The original splits on spaces alone, which this equals without quotes.
 *
 * @throws Error when a quote is not closed
 */
export function splitCommand(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (quote === "'") {
      if (char === quote) quote = '';
      else word += char;
    } else if (char === '\\' && i + 1 < line.length && (quote === '' || '"\\$`'.includes(line[i + 1]!))) {
      word = (word ?? '') + line[++i];
    } else if (quote === '"') {
      if (char === quote) quote = '';
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (char === ' ' || char === '\t' || char === '\n') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== '') throw new Error(`expected a closing ${quote}`);
  if (word !== undefined) words.push(word);
  return words;
}
