export interface Counts {
  /** Line feeds, and a last line without one. */
  readonly lines: number;
  readonly words: number;
  /** As people see them: an accented letter or an emoji is one. */
  readonly characters: number;
  /** In UTF-8. */
  readonly bytes: number;
  /** The commonest first, equally common ones by alphabet; in lower case. */
  readonly common: readonly { readonly word: string; readonly times: number }[];
}

/** Counts a text by Unicode's rules (UAX 29), so that words of languages without spaces are found too. */
export function count(text: string, top: number): Counts {
  const times = new Map<string, number>();
  let words = 0;
  for (const { segment, isWordLike } of new Intl.Segmenter(undefined, { granularity: 'word' }).segment(text)) {
    if (!isWordLike) continue;
    words += 1;
    const word = segment.toLowerCase();
    times.set(word, (times.get(word) ?? 0) + 1);
  }
  const feeds = text.split('\n').length - 1;
  return {
    lines: feeds + (text === '' || text.endsWith('\n') ? 0 : 1),
    words,
    characters: [...new Intl.Segmenter().segment(text)].length,
    bytes: Buffer.byteLength(text),
    common: [...times]
      .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
      .slice(0, top)
      .map(([word, each]) => ({ word, times: each })),
  };
}
