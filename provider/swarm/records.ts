import type Dockerode from 'dockerode';
import type { ConfigInfo } from 'dockerode';
import type { SharedRecord, SharedRecords } from '../provider.ts';
import { emptyConfig } from './empty-config.ts';
import { engineFailure, isOutOfSequence, statusOf } from './engine.ts';
import { RECORD } from './labels.ts';

/**
 * Records as configs of the Swarm: the text is a label, which can be changed, by who knows the version of the config.
 * The Swarm's managers agree on each change, so of two gateways that write at once exactly one is told that it did.
 */
export class Records implements SharedRecords {
  readonly #docker: Dockerode;

  constructor(docker: Dockerode) {
    this.#docker = docker;
  }

  async read(name: string, signal: AbortSignal): Promise<SharedRecord | undefined> {
    const found = await this.#find(name, signal);
    return found && { text: found.Spec!.Labels![RECORD]!, version: versionOf(found) };
  }

  async write(name: string, text: string, version: string | undefined, signal: AbortSignal): Promise<boolean> {
    try {
      if (version === undefined) await this.#create(name, text, signal);
      else await this.#update(name, text, version, signal);
      return true;
    } catch (error) {
      if (error === outdated || isOutOfSequence(error) || [404, 409].includes(statusOf(error) ?? 0)) return false;
      throw signal.aborted ? signal.reason : engineFailure(error, `writing the record ${name}`);
    }
  }

  async #create(name: string, text: string, abortSignal: AbortSignal): Promise<void> {
    const config = emptyConfig(recordName(name), { [RECORD]: text });
    await this.#docker.createConfig({ _query: {}, _body: config, abortSignal });
  }

  async #update(name: string, text: string, version: string, abortSignal: AbortSignal): Promise<void> {
    const found = await this.#find(name, abortSignal);
    if (found === undefined || versionOf(found) !== version) throw outdated;
    await this.#docker.getConfig(found.ID).update({
      _query: { version: found.Version.Index },
      _body: { ...found.Spec, Labels: { [RECORD]: text } },
      abortSignal,
    });
  }

  async #find(name: string, abortSignal: AbortSignal): Promise<ConfigInfo | undefined> {
    try {
      const filters = JSON.stringify({ name: [recordName(name)], label: [RECORD] });
      const found = await this.#docker.listConfigs({ _query: { filters }, _body: {}, abortSignal });
      // The filter takes names that begin so, too.
      return found.find(({ Spec }) => Spec?.Name === recordName(name));
    } catch (error) {
      throw abortSignal.aborted ? abortSignal.reason : engineFailure(error, `reading the record ${name}`);
    }
  }
}

const outdated = new Error('another gateway wrote it meanwhile');

const recordName = (name: string): string => `dunlin_record.${name}`;

/** A config that was removed and made again starts another count. */
const versionOf = ({ ID, Version }: ConfigInfo): string => `${ID}:${Version.Index}`;
