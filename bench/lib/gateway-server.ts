// The gateway in front of functions that are elsewhere. UPSTREAM_PORT FUNCTIONS as arguments.
// Sends its ports when it listens; to each message it answers with the delay of its event loop since the one before.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startFixedGateway } from './fixed-gateway.ts';

const [upstreamPort, functions] = process.argv.slice(2).map(Number) as [number, number];
const gateway = await startFixedGateway(
  functions,
  { host: '127.0.0.1', port: upstreamPort },
  { dunlin_port: '0', dunlin_metrics_port: '0', ...process.env },
);

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
process.on('message', () => {
  process.send!({ p99Ms: delay.percentile(99) / 1e6, maxMs: delay.max / 1e6 });
  delay.reset();
});
process.on('SIGTERM', async () => {
  await gateway.close();
  process.exit();
});
process.send!({ port: gateway.address.port, metricsPort: gateway.metricsAddress.port });
