import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SAMPLE = 'figlet';
const SAMPLE_INPUT = 'Dunlin';
const CALL_TIMEOUT_MS = 30_000;

export interface FirstRunOptions {
  readonly url: string;
  readonly dataFolder: string;
  /** Path of the command line, which this room may not import: it builds the sample as a user's function is built. */
  readonly cli: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** The sample's answer, or why there is none; undefined when this is no first run. */
export type Sample = { readonly call: string; readonly answer: string } | { readonly failure: string } | undefined;

/** Deploys a function from the store and calls it, once for each data folder. */
export async function deploySample(options: FirstRunOptions): Promise<Sample> {
  const marker = join(options.dataFolder, 'sample-deployed');
  if (existsSync(marker)) return undefined;
  const failure = await storeDeploy(options);
  if (failure !== undefined) return { failure };
  const call = `curl -d ${SAMPLE_INPUT} ${options.url}/function/${SAMPLE}`;
  try {
    const answer = await fetch(`${options.url}/function/${SAMPLE}`, {
      method: 'POST',
      body: SAMPLE_INPUT,
      // One call: a connection that stayed would be one more to drain.
      headers: { connection: 'close' },
      signal: AbortSignal.any([options.signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]),
    });
    const body = await answer.text();
    if (!answer.ok) return { failure: `${call}\n${answer.status} ${body}` };
    writeFileSync(marker, '');
    return { call, answer: body };
  } catch (error) {
    return { failure: `${call}\n${(error as Error).message}` };
  }
}

/** @returns what the command said, when it failed */
async function storeDeploy({ url, dataFolder, cli, env, signal }: FirstRunOptions): Promise<string | undefined> {
  const child = spawn(cli, ['store', 'deploy', SAMPLE], {
    // Logins of the user may be of an earlier gateway at this address; this one's own notice is in its data folder.
    env: { ...env, OPENFAAS_URL: url, DUNLIN_DATA: dataFolder, OPENFAAS_CONFIG: join(dataFolder, 'no-logins') },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return code === 0 ? undefined : `faas-cli store deploy ${SAMPLE}\n${said.trim()}`;
  } catch (error) {
    return `faas-cli store deploy ${SAMPLE}\n${(error as Error).message}`;
  }
}
