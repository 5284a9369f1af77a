import { arch } from 'node:process';
import type { ProviderInfo } from '../provider.ts';
import { Fields } from './fields.ts';

export interface VersionJson {
  readonly release: string;
  readonly sha: string;
  readonly commit_message?: string;
}

/** GET `/system/info` (contract 1.5, GatewayInfo). */
export interface InfoJson {
  readonly provider: {
    readonly provider: string;
    readonly orchestration: string;
    readonly version: VersionJson;
  } | null;
  readonly version: VersionJson;
  readonly arch: string;
}

/** Node's names of architectures, as `uname -m` says them, which OpenFaaS does. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'arm64' };

export const encodeInfo = (provider: ProviderInfo, version: VersionJson): InfoJson => ({
  provider: { provider: provider.name, orchestration: provider.orchestration, version },
  version,
  arch: ARCHITECTURES[arch] ?? arch,
});

/** Reads the info of any OpenFaaS gateway. @throws FaasError `invalid_request` */
export function parseInfo(json: unknown): InfoJson {
  const fields = new Fields(json);
  const provider = fields.object('provider');
  return {
    provider: provider
      ? {
          provider: provider.text('provider') ?? '',
          orchestration: provider.text('orchestration') ?? '',
          version: parseVersion(provider.object('version')),
        }
      : null,
    version: parseVersion(fields.object('version')),
    arch: fields.text('arch') ?? '',
  };
}

function parseVersion(fields: Fields | undefined): VersionJson {
  const message = fields?.text('commit_message');
  return {
    release: fields?.text('release') ?? '',
    sha: fields?.text('sha') ?? '',
    ...(message && { commit_message: message }),
  };
}
