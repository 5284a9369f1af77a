/** For people: `1.25s` since a moment of performance.now(). */
export const secondsSince = (startedAt: number): string => `${((performance.now() - startedAt) / 1000).toFixed(2)}s`;
