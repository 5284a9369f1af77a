// The real gateway, as it is by default, in front of functions that are elsewhere. UPSTREAM_PORT FUNCTIONS as arguments.
// Sends its ports when it listens; to each message it answers with the delay of its event loop since the one before.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { readConfig } from '../../common/config.ts';
import { TokenStore } from '../../gateway/auth/token-store.ts';
import { gatewaySchema } from '../../gateway/config.ts';
import { startGateway } from '../../gateway/gateway.ts';
import { createLog } from '../../gateway/log.ts';
import { productVersion } from '../../gateway/product.ts';
import { FixedProvider } from './fixed-provider.ts';

const [upstreamPort, functions] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'dunlin-bench-'));
const gateway = await startGateway({
  provider: new FixedProvider(functions!, { host: '127.0.0.1', port: upstreamPort! }),
  config: readConfig(gatewaySchema, { dunlin_port: '0', dunlin_metrics_port: '0', ...process.env }),
  credentials: undefined,
  tokens: await TokenStore.open(join(folder, 'tokens.json')),
  tls: undefined,
  version: productVersion(),
  log: createLog({ format: 'json', write: () => undefined }),
});

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
process.on('message', () => {
  process.send!({ p99Ms: delay.percentile(99) / 1e6, maxMs: delay.max / 1e6 });
  delay.reset();
});
process.on('SIGTERM', async () => {
  await gateway.close();
  rmSync(folder, { recursive: true });
  process.exit();
});
process.send!({ port: gateway.address.port, metricsPort: gateway.metricsAddress.port });
