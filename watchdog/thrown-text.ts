/** The stack of what was thrown, which can be anything: also what has no stack, or cannot be made a text. */
export const stackOf = (thrown: unknown): string =>
  textOf(() => (thrown instanceof Error ? (thrown.stack ?? thrown.message) : thrown));

export const messageOf = (thrown: unknown): string => textOf(() => (thrown instanceof Error ? thrown.message : thrown));

/**
 * Where the fault of a source is, in brackets, or ''. Bun tells it beside the message, which alone leaves to guess in
 * which of all the files that were imported it is; several faults come in one error.
 */
export function placeOf(thrown: unknown): string {
  const fault = thrown instanceof AggregateError ? thrown.errors[0] : thrown;
  const { position } = Object(fault) as { position?: { file?: unknown; line?: unknown; column?: unknown } | null };
  if (typeof position?.file !== 'string') return '';
  const message = fault === thrown ? '' : `${messageOf(fault)}, `;
  return ` (${message}${position.file}:${position.line}:${position.column})`;
}

function textOf(read: () => unknown): string {
  try {
    return String(read());
  } catch {
    return 'something was thrown that has no text';
  }
}
