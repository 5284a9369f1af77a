import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RegistryConfig } from 'dockerode';
import { FaasError } from '../../common/errors.ts';
import { type BuildJob, type BuildSettings, contextOf } from '../build/build-function.ts';
import type { Context } from '../context.ts';
import { baseImages, globalArgs } from './base-images.ts';
import type { BuildLog } from './build-log.ts';
import { contextTar } from './context-tar.ts';
import { credentialsFor } from './credentials.ts';
import { type Engine, openEngine } from './engine.ts';
import { engineBuild } from './engine-build.ts';
import { engineMessages } from './engine-messages.ts';
import { engineFailure, messageOf } from './failures.ts';
import { checkImageName, parseImageName } from './image-name.ts';
import type { LiveLines, Paint } from './live-lines.ts';
import { proxies } from './proxies.ts';
import { buildWatchdogImage, WATCHDOG_IMAGES, watchdogWarning } from './watchdog-image.ts';

/** Flags that change how images are made. */
export interface ImageSettings {
  readonly labels: Readonly<Record<string, string>>;
  readonly pull: boolean;
  readonly squash: boolean;
  readonly platform: string | undefined;
  readonly quiet: boolean;
  readonly live: LiveLines;
}

export type ImageJob = BuildJob & { readonly image: string };
type Place = Pick<Context, 'cwd' | 'assets' | 'watchdog' | 'env' | 'machine' | 'signal'>;

/** Builds functions as images on one engine, which is found at the first of them. */
export class ImageBuilder {
  readonly #settings: ImageSettings;
  readonly #place: Place;
  #engine: Promise<Engine> | undefined;
  readonly #watchdogs = new Map<string, Promise<void>>();

  constructor(settings: ImageSettings, place: Place) {
    this.#settings = settings;
    this.#place = place;
  }

  /** @throws FaasError that says which of the user's files, flags or steps, or what of the engine, is at fault */
  async build(job: ImageJob, settings: BuildSettings): Promise<void> {
    checkImageName(job.name, job.image);
    const { context, additionalPackages } = await contextOf(job, this.#place);
    if (settings.shrinkwrap) return settings.report(`The build context of ${job.name} is in ./build/${job.name}`);
    const dockerfile = await readFile(join(context.folder, 'Dockerfile'), 'utf8').catch((cause) => {
      const where = job.lang === 'dockerfile' ? `add one to ${job.handler}` : 'it makes no images';
      throw new FaasError('not_supported', `template ${job.lang} has no Dockerfile for ${job.name}; ${where}`, {
        cause,
      });
    });
    const engine = await (this.#engine ??= openEngine(this.#place));
    this.#checkSquash(engine);
    const { env, signal } = this.#place;
    const buildargs = { ...proxies(env), ADDITIONAL_PACKAGE: additionalPackages, ...job.buildArgs };
    const bases = baseImages(dockerfile, buildargs);
    const warning = watchdogWarning(job.name, dockerfile, buildargs);
    if (warning) settings.report(warning);
    for (const image of WATCHDOG_IMAGES.filter((each) => bases.includes(each)))
      await this.#ensureWatchdog(engine, image, settings.report);
    const { labels, pull, squash, platform } = this.#settings;
    // The engine's own "pull" would ask a registry for the watchdog's image, too.
    if (pull) await this.#pullAll(engine, bases, settings.report);
    const log = this.#show(job, settings);
    try {
      await engineBuild(engine, {
        name: job.name,
        context: contextTar(context.folder),
        options: {
          t: job.image,
          buildargs,
          labels,
          nocache: settings.noCache,
          ...(squash && { squash }),
          ...(platform && { platform }),
          registryconfig: await this.#credentials(bases, settings.report),
        },
        args: globalArgs(dockerfile, buildargs),
        signal,
        onLines: log.onLines,
      });
    } catch (error) {
      this.#settings.live.remove(job.name);
      if (!signal.aborted) log.onFailure();
      throw error;
    }
    this.#settings.live.remove(job.name);
    settings.report(`Image: ${job.image}`);
  }

  #checkSquash({ experimental, address }: Engine): void {
    if (!this.#settings.squash || experimental) return;
    throw new FaasError(
      'not_supported',
      `--squash needs a Docker Engine with experimental features; the one at ${address} has none: leave --squash out, or set "experimental": true in /etc/docker/daemon.json`,
    );
  }

  /** Once for all functions that are built at the same time. */
  #ensureWatchdog(engine: Engine, image: string, report: (line: string) => void): Promise<void> {
    const begun = this.#watchdogs.get(image) ?? this.#makeWatchdog(engine, image, report);
    this.#watchdogs.set(image, begun);
    return begun;
  }

  async #makeWatchdog(engine: Engine, image: string, report: (line: string) => void): Promise<void> {
    if (await isThere(engine, image)) return;
    report(`Making the image ${image} from the watchdog of this faas-cli, once.`);
    await buildWatchdogImage(engine, this.#place, image);
  }

  async #pullAll({ docker }: Engine, bases: readonly string[], report: (line: string) => void): Promise<void> {
    const { platform } = this.#settings;
    for (const image of bases.filter((base) => !WATCHDOG_IMAGES.includes(base))) {
      const authconfig = await credentialsFor(parseImageName(image).registry, this.#place);
      const { repository, tag } = parseImageName(image);
      const name = image.includes('@') ? image : `${repository}:${tag ?? 'latest'}`;
      report(`Pulling ${name}`);
      try {
        const answer = await docker.pull(name, { ...(authconfig && { authconfig }), ...(platform && { platform }) });
        for await (const { error } of engineMessages(answer)) if (error !== undefined) throw new Error(error);
      } catch (error) {
        this.#place.signal.throwIfAborted();
        throw new FaasError(
          'upstream_failed',
          `--pull: there is no newer ${name} to be had: ${messageOf(error)}; leave --pull out to use the one in the engine`,
          { cause: error },
        );
      }
    }
  }

  /** Credentials of the base images' registries. One that cannot be read matters only if the image must be fetched. */
  async #credentials(bases: readonly string[], report: (line: string) => void): Promise<RegistryConfig> {
    const registries = [...new Set(bases.map((image) => parseImageName(image).registry))];
    const found: RegistryConfig = {};
    for (const registry of registries) {
      const auth = await credentialsFor(registry, this.#place).catch((error: Error) => {
        this.#place.signal.throwIfAborted();
        report(`Without credentials for ${registry}: ${error.message}`);
        return undefined;
      });
      // The engine takes tokens here, too, which the type does not know.
      if (auth) found[auth.serveraddress] = auth as RegistryConfig[string];
    }
    return found;
  }

  /** On a terminal the step that runs is a live line, and the log is shown when it fails; elsewhere it streams. */
  #show(job: ImageJob, { debug, report }: BuildSettings) {
    const { live, quiet } = this.#settings;
    const streams = debug || !live.live;
    let all: readonly string[] = [];
    return {
      onLines: (lines: readonly string[], log: BuildLog) => {
        all = log.lines;
        if (streams) for (const line of lines) report(line);
        else if (!quiet) live.set(job.name, statusLine(job.name, log, live.paint));
      },
      onFailure: () => {
        if (!streams) for (const line of all) report(line);
      },
    };
  }
}

/** `hello 3/12 RUN npm ci added 57 packages`. */
export function statusLine(
  name: string,
  { step, activity }: Pick<BuildLog, 'step' | 'activity'>,
  paint: Paint,
): string {
  const now = step ? `${paint('cyan', step.number)} ${step.text}` : 'sending the build context';
  return [paint('bold', name), now, ...(activity ? [paint('dim', activity)] : [])].join(' ');
}

async function isThere({ docker, address }: Engine, image: string): Promise<boolean> {
  try {
    await docker.getImage(image).inspect();
    return true;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false;
    throw engineFailure(error, address);
  }
}
