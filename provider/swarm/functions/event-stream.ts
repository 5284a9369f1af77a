import { setTimeout as delay } from 'node:timers/promises';
import type Dockerode from 'dockerode';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2000;

/** What of an event matters here. */
export interface EngineEvent {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly timeNano: number;
}

export interface EventStreamOptions {
  readonly docker: Dockerode;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
  onEvent(event: EngineEvent): void;
  /** Connected, again: events may have been missed. */
  onConnected(): void;
}

/** Follows the engine's events until the signal aborts; a lost connection is made anew. */
export async function followEvents({ docker, signal, log, onEvent, onConnected }: EventStreamOptions): Promise<void> {
  let retryMs = FIRST_RETRY_MS;
  let lost = false;
  while (!signal.aborted) {
    try {
      const stream = (await docker.getEvents({
        abortSignal: signal,
        filters: { type: ['service', 'container', 'node'] },
      })) as NodeJS.ReadableStream;
      if (lost) log('Connected to the Docker Engine again');
      lost = false;
      retryMs = FIRST_RETRY_MS;
      onConnected();
      for await (const line of linesOf(stream)) onEvent(JSON.parse(line) as EngineEvent);
      throw new Error('the engine ended the stream of events');
    } catch (error) {
      if (signal.aborted) return;
      if (!lost)
        log(`Lost the connection to the Docker Engine: ${(error as Error).message}; calls go on, trying again`);
      lost = true;
      await delay(retryMs, undefined, { signal }).catch(() => undefined);
      retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
    }
  }
}

async function* linesOf(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    yield* lines.filter((line) => line !== '');
  }
}
