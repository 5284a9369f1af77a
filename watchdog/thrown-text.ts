/** The stack of what was thrown, which can be anything: also what has no stack, or cannot be made a text. */
export const stackOf = (thrown: unknown): string =>
  textOf(() => (thrown instanceof Error ? (thrown.stack ?? thrown.message) : thrown));

export const messageOf = (thrown: unknown): string => textOf(() => (thrown instanceof Error ? thrown.message : thrown));

function textOf(read: () => unknown): string {
  try {
    return String(read());
  } catch {
    return 'something was thrown that has no text';
  }
}
