import type { Readable } from 'node:stream';
import { addAbortSignal } from 'node:stream';
import type { ImageBuildOptions } from 'dockerode';
import { FaasError } from '../../common/errors.ts';
import { substitute } from './base-images.ts';
import { BuildLog } from './build-log.ts';
import type { Engine } from './engine.ts';
import { engineMessages } from './engine-messages.ts';
import { buildFailure, messageOf } from './failures.ts';

export interface EngineBuild {
  /** Of the function, for messages. */
  readonly name: string;
  /** A tar with a Dockerfile. */
  readonly context: Readable;
  readonly options: ImageBuildOptions;
  /** What stands for variables in a step's text. */
  readonly args: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Gets each line as it is complete, and the log so far. */
  readonly onLines: (lines: readonly string[], log: BuildLog) => void;
}

/**
 * Builds an image and returns its id. The engine names it when all steps are done, so that a build that ends early,
 * for which a closed connection is enough, leaves no tag.
 *
 * @throws FaasError that says what failed; the signal's reason
 */
export async function engineBuild({ docker }: Engine, build: EngineBuild): Promise<string> {
  const { context, options, signal, onLines } = build;
  const log = new BuildLog();
  let unreadable: Error | undefined;
  context.on('error', (error) => (unreadable = error));
  try {
    // Of a step that failed, too, no container stays.
    const answer = await docker.buildImage(context, { ...options, rm: true, forcerm: true, abortSignal: signal });
    addAbortSignal(signal, answer as Readable);
    for await (const message of engineMessages(answer)) {
      const lines = log.add(message);
      onLines(lines, log);
    }
  } catch (error) {
    signal.throwIfAborted();
    // The context's own failure is why the request broke.
    if (unreadable instanceof FaasError) throw unreadable;
    throw failed(build, log, messageOf(unreadable ?? error));
  } finally {
    context.destroy();
  }
  signal.throwIfAborted();
  if (log.failure !== undefined) throw failed(build, log, log.failure);
  if (log.imageId === undefined) throw failed(build, log, 'the engine ended the connection; see its own log');
  return log.imageId;
}

function failed({ name, args }: EngineBuild, { step, lastLines }: BuildLog, message: string): FaasError {
  const text = step && /^FROM\s/i.test(step.text) ? substitute(step.text, args) : step?.text;
  return buildFailure({ name, step: step && { ...step, text: text! }, lastLines, message: message.trim() });
}
