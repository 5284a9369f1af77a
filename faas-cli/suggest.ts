/** What follows "there is no ..." in a message: the candidate that was likely meant, or `otherwise` if none is near. */
export function didYouMean(given: string, candidates: readonly string[], otherwise = ''): string {
  const meant = suggest(given, candidates);
  return meant ? `; did you mean "${meant}"?` : otherwise;
}

function suggest(given: string, candidates: readonly string[]): string | undefined {
  const near = candidates
    .map((candidate) => ({ candidate, distance: distance(given.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length * 0.4)))
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.candidate ?? candidates.find((candidate) => given.length > 1 && candidate.startsWith(given));
}

/** Levenshtein: insertions, deletions and changes of one letter. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
