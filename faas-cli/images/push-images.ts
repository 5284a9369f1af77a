import { addAbortSignal, type Readable } from 'node:stream';
import type { Context } from '../context.ts';
import { inParallel, throwAll } from '../in-parallel.ts';
import { barLine } from '../progress-bar.ts';
import { secondsSince } from '../seconds-since.ts';
import { credentialsFor } from './credentials.ts';
import { type Engine, openEngine } from './engine.ts';
import { engineMessages } from './engine-messages.ts';
import { engineFailure, messageOf, pushFailure } from './failures.ts';
import { checkPushable, parseImageName } from './image-name.ts';
import { type LiveLines, liveLines } from './live-lines.ts';
import { type PushedLayer, PushLog } from './push-log.ts';

export interface ImagePush {
  /** Of the function. */
  readonly name: string;
  readonly image: string;
}
type Place = Pick<Context, 'env' | 'machine' | 'signal' | 'stdout' | 'stderr'>;

/**
 * Pushes images to their registries, several at once, with a bar for each layer on a terminal. All are tried.
 *
 * @throws FaasError the only failure, or `function_failed` with all of them
 */
export async function pushImages(
  pushes: readonly ImagePush[],
  { parallel, quiet }: { readonly parallel: number; readonly quiet: boolean },
  place: Place,
): Promise<void> {
  for (const { name, image } of pushes) checkPushable(name, image);
  if (pushes.length === 0) return;
  const engine = await openEngine(place);
  const live = liveLines(place);
  const failures: unknown[] = [];
  try {
    await inParallel(pushes, parallel, async ({ name, image }, worker) => {
      const say = (line: string) => void (quiet || live.stdout.write(`[${worker}] ${line}\n`));
      const began = performance.now();
      say(`> Pushing ${name} [${image}].`);
      try {
        const digest = await pushImage(engine, image, { live, quiet, say }, place);
        say(`< Pushing ${name} [${image}] done in ${secondsSince(began)}: ${digest}.`);
      } catch (error) {
        place.signal.throwIfAborted();
        failures.push(error);
        say(`< Pushing ${name} [${image}] failed after ${secondsSince(began)}.`);
      }
    });
  } finally {
    live.close();
  }
  throwAll(failures);
}

interface Show {
  readonly live: LiveLines;
  readonly quiet: boolean;
  readonly say: (line: string) => void;
}

/** Returns the digest that the registry gave. The tag appears there last: a push that ends early leaves none. */
async function pushImage(engine: Engine, image: string, show: Show, place: Place): Promise<string> {
  const { signal } = place;
  const { registry, repository, tag } = parseImageName(image);
  const authconfig = await credentialsFor(registry, place);
  const log = new PushLog();
  const keys = new Set<string>();
  try {
    const answer = await engine.docker
      .getImage(repository)
      // The API wants the header even of those who have no credentials.
      .push({ tag: tag ?? 'latest', authconfig: authconfig ?? {}, abortSignal: signal });
    addAbortSignal(signal, answer as Readable);
    for await (const message of engineMessages(answer)) {
      const done = log.add(message);
      if (done && !show.live.live) show.say(`${done.id}: ${done.status}`);
      if (!show.quiet) showActive(log.active, show.live, image, keys);
    }
  } catch (error) {
    signal.throwIfAborted();
    if ((error as { statusCode?: number }).statusCode === undefined) throw engineFailure(error, engine.address);
    throw pushFailure(image, registry, messageOf(error));
  } finally {
    for (const key of keys) show.live.remove(key);
  }
  signal.throwIfAborted();
  if (log.failure !== undefined) throw pushFailure(image, registry, log.failure);
  if (log.digest === undefined) throw pushFailure(image, registry, 'the engine ended the connection; see its own log');
  return log.digest;
}

function showActive(active: readonly PushedLayer[], live: LiveLines, image: string, keys: Set<string>): void {
  const wanted = new Map(active.map((layer) => [`${image} ${layer.id}`, layer]));
  for (const key of keys)
    if (!wanted.has(key)) {
      live.remove(key);
      keys.delete(key);
    }
  for (const [key, { id, doneBytes, totalBytes }] of wanted) {
    keys.add(key);
    live.set(key, `  ${live.paint('cyan', barLine(id, doneBytes, Math.max(totalBytes, doneBytes)))}`);
  }
}
