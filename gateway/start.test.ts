import test from 'ava';
import { readConfig } from '../common/config.ts';
import { temporaryFolder } from '../test/harness/temporary-folder.ts';
import { gatewaySchema } from './config.ts';
import { createLog } from './log.ts';
import { startPlatform } from './start.ts';

test('a start on a disk that is full names folder and remedy', async (t) => {
  const dataFolder = await temporaryFolder(t);
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  await t.throwsAsync(
    startPlatform({
      config: readConfig(gatewaySchema, { dunlin_port: '0', dunlin_metrics_port: '0' }),
      dataFolder,
      pid: process.pid,
      log: createLog({ format: 'json', level: 'error', write: () => {} }),
      createProvider: () => Promise.reject(full),
    }),
    {
      message: `The disk of the data folder ${dataFolder} is full (${full.message}); free some space there, or choose another folder with --data`,
    },
  );
});
