/** One message of the engine's while it builds, pulls or pushes. */
export interface EngineMessage {
  /** Output of a build; may end within a line. */
  readonly stream?: string;
  readonly status?: string;
  /** The layer that `status` is about. */
  readonly id?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly aux?: { readonly ID?: string; readonly Tag?: string; readonly Digest?: string; readonly Size?: number };
  readonly error?: string;
  readonly errorDetail?: { readonly code?: number; readonly message?: string };
}

/** Reads the engine's answer, JSON objects by line. Bytes may be cut anywhere. */
export async function* engineMessages(answer: AsyncIterable<unknown>): AsyncGenerator<EngineMessage> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of answer) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as EngineMessage;
  }
  if (rest.trim() !== '') yield JSON.parse(rest) as EngineMessage;
}
