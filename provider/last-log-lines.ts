/** As many as `ReplicaFailure.lastLogLines` may have. */
export const LAST_LINES = 20;
/** The log has them whole. */
const LINE_CHARS = 2000;

/** The end of a replica's log as a failure carries it: few lines, none long. @param lines oldest first */
export const lastLogLines = (lines: readonly string[]): string[] => lines.slice(-LAST_LINES).map(shortLine);

export const shortLine = (line: string): string =>
  line.length > LINE_CHARS ? `${line.slice(0, LINE_CHARS)}...` : line;
