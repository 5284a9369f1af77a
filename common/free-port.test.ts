import { once } from 'node:events';
import { createServer } from 'node:net';
import test from 'ava';
import { freePort } from './free-port.ts';

test('a port that is free is one that no connection is given meanwhile, and can be listened on', async (t) => {
  const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()));
  for (const port of ports) t.true(port < 32_768);
  const server = createServer().listen(ports[0], '127.0.0.1');
  await once(server, 'listening');
  server.close();
});

test('where nobody may listen there is no free port', async (t) => {
  await t.throwsAsync(freePort('192.0.2.1'), { code: 'EADDRNOTAVAIL' });
});
