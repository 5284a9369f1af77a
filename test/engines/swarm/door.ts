// A way from the host into the functions' network, run in a container by ../swarm.test.ts: what connects to port 8080 is
// connected to a gateway. Where the kernel has the routing mesh, the stack's published port is that way.
import { connect, createServer } from 'node:net';

const [host = '', port = ''] = process.argv.slice(2);

createServer({ allowHalfOpen: true }, (client) => {
  const gateway = connect({ host, port: Number(port), allowHalfOpen: true });
  client.pipe(gateway).pipe(client);
  for (const [one, other] of [
    [client, gateway],
    [gateway, client],
  ] as const)
    one.on('error', () => other.destroy()).on('close', () => other.destroy());
}).listen(8080);
process.on('SIGTERM', () => process.exit(0));
