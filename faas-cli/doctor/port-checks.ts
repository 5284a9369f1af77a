import { once } from 'node:events';
import { createServer } from 'node:net';
import { isLoopback } from '../../provider/client-http.ts';
import { type Finding, ok, warning } from './check.ts';

/** Of the gateway, unless it is told otherwise. */
const METRICS_PORT = 8082;

/** Whether a gateway could be started where none answers. */
export async function portChecks(url: string): Promise<readonly Finding[]> {
  if (!isLoopback(url)) return [];
  const { port, protocol } = new URL(url);
  const own = Number(port || (protocol === 'https:' ? 443 : 80));
  return Promise.all([portCheck(own, '--port'), portCheck(METRICS_PORT, '--metrics-port')]);
}

async function portCheck(port: number, flag: string): Promise<Finding> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return ok('port', `${port} is free for a gateway`);
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    const detail = taken ? 'is taken by another program' : `cannot be listened on: ${(error as Error).message}`;
    const find = taken ? `"ss -ltnp sport = :${port}" names it; or ` : '';
    return warning('port', `${port} ${detail}`, `${find}start the gateway on another one: npm start -- ${flag} N`);
  } finally {
    server.close();
  }
}
