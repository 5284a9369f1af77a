import type { EngineMessage } from './engine-messages.ts';

export interface PushedLayer {
  readonly id: string;
  /** The engine's words: `Preparing`, `Waiting`, `Pushing`, `Pushed`, `Layer already exists`, `Mounted from ...`. */
  readonly status: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** What a push has said so far, by layer. */
export class PushLog {
  readonly layers = new Map<string, PushedLayer>();
  /** `sha256:` and 64 hex digits, once the registry has the image. */
  digest: string | undefined;
  /** The engine's words for why it failed. */
  failure: string | undefined;

  /** Takes a message and returns the layer that is done with it. */
  add(message: EngineMessage): PushedLayer | undefined {
    if (message.error !== undefined) this.failure = message.errorDetail?.message ?? message.error;
    if (message.aux?.Digest) this.digest = message.aux.Digest;
    const { id, status, progressDetail } = message;
    if (!status || !id || !/^[0-9a-f]{12,}$/.test(id)) return undefined;
    const before = this.layers.get(id);
    const layer = {
      id,
      status,
      doneBytes: progressDetail?.current ?? before?.doneBytes ?? 0,
      totalBytes: progressDetail?.total ?? before?.totalBytes ?? 0,
    };
    this.layers.set(id, layer);
    return isDone(layer) && !(before && isDone(before)) ? layer : undefined;
  }

  /** Layers that are on their way. */
  get active(): readonly PushedLayer[] {
    return [...this.layers.values()].filter(({ status }) => status === 'Pushing');
  }
}

export const isDone = ({ status }: PushedLayer): boolean => /^(Pushed|Layer already exists|Mounted from)/.test(status);
