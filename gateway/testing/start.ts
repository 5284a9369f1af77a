import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';
import { readConfig } from '../../common/config.ts';
import { DEFAULT_NAMESPACE, type FunctionRef, type FunctionSpec } from '../../provider/provider.ts';
import { functionSpec } from '../../provider/testing/function-spec.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import type { Credentials } from '../auth/credentials.ts';
import { TokenStore } from '../auth/token-store.ts';
import { gatewaySchema } from '../config.ts';
import { startGateway } from '../gateway.ts';
import { createLog } from '../log.ts';
import type { TlsFiles } from '../tls.ts';
import { MemoryProvider } from './memory-provider.ts';

export const credentials: Credentials = { user: 'admin', password: 'test-password' };
export const authorization = `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`;

/** What `deploy` makes. */
export const ref = (name: string): FunctionRef => ({ name, namespace: DEFAULT_NAMESPACE });

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Leaves the credentials out. */
  readonly anonymous?: boolean;
  readonly port?: number;
}

/** A gateway over real HTTP in front of replicas that are real servers, ended with the test. */
export async function start(
  t: ExecutionContext,
  env: Record<string, string> = {},
  tls?: TlsFiles,
  provider = new MemoryProvider(),
) {
  const logged: string[] = [];
  const folder = await temporaryFolder(t);
  const config = readConfig(gatewaySchema, { dunlin_port: '0', dunlin_metrics_port: '0', ...env });
  const gateway = await startGateway({
    provider,
    config,
    credentials: env.basic_auth === 'false' ? undefined : credentials,
    tokens: await TokenStore.open(join(folder, 'tokens.json')),
    tls,
    version: { release: '1.2.3', sha: 'abc' },
    log: createLog({ format: 'json', level: config.logLevel, write: (line) => logged.push(line) }),
    // Guesses stay in one moment, however long a busy machine takes for them.
    now: () => 0,
  });
  t.teardown(async () => {
    await gateway.close();
    await provider.close();
  });
  const { port } = gateway.address;

  /** Byte for byte as given: fetch would clean the path and add headers. */
  async function request(path: string, options: RequestOptions = {}): Promise<Answer> {
    const { method = 'GET', headers = {}, body, anonymous = false } = options;
    const auth = anonymous ? {} : { authorization };
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const req = httpRequest({
      port: options.port ?? port,
      host: '127.0.0.1',
      path,
      method,
      headers: {
        ...auth,
        ...(body !== undefined && !('transfer-encoding' in headers) && { 'content-length': Buffer.byteLength(body) }),
        ...headers,
      },
      agent: false,
    });
    req.on('error', reject).once('response', (res) => {
      text(res).then((answer) => resolve({ status: res.statusCode!, headers: res.headers, body: answer }), reject);
    });
    req.end(body);
    return promise;
  }

  /** Resolves once so many calls wait for a replica: the gateway's own gauge says so. */
  async function untilWaiting(count: number): Promise<void> {
    const metrics = () => request('/metrics', { port: gateway.metricsAddress.port });
    while (!(await metrics()).body.includes(`\ngateway_waiting_calls ${count}\n`));
  }

  return {
    gateway,
    folder,
    untilWaiting,
    provider,
    port,
    metricsPort: gateway.metricsAddress.port,
    url: `http://127.0.0.1:${port}`,
    /** Lines of the gateway's log. */
    logged,
    request,
    json: (path: string, method: string, value: unknown, options: RequestOptions = {}) =>
      request(path, { ...options, method, body: JSON.stringify(value) }),
    deploy: (name: string, spec: Partial<FunctionSpec> = {}) =>
      provider.deploy(functionSpec(name, `${name}:latest`, spec)),
  };
}
