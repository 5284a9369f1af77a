import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { GatewayConfig } from './config.ts';

/** A certificate with its chain, and its key, in PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/**
 * Reads what the settings name; undefined without them.
 *
 * @throws Error that names the setting, and why certificate and key cannot be used
 */
export async function readTls({ tlsCert, tlsKey }: GatewayConfig): Promise<TlsFiles | undefined> {
  if (tlsCert === '' && tlsKey === '') return undefined;
  if (tlsCert === '' || tlsKey === '')
    throw new Error('dunlin_tls_cert and dunlin_tls_key need each other; set both, or none to serve without TLS');
  try {
    const files = { cert: await readFile(tlsCert, 'utf8'), key: await readFile(tlsKey, 'utf8') };
    createSecureContext(files);
    return files;
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new Error(`dunlin_tls_cert ${tlsCert} and dunlin_tls_key ${tlsKey} cannot be used: ${reason}`, { cause });
  }
}
