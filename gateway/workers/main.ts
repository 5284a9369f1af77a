// A worker of the gateway's: see worker.ts. Started by pool.ts, over whose channel everything comes.
import type { Socket } from 'node:net';
import { createStderrLog } from '../log.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { Worker } from './worker.ts';

let worker: Worker | undefined;

// Signals of the terminal come to all processes; the primary says what is to be done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2']) process.on(signal, () => undefined);
for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
// Without the primary there is no state to serve by.
process.on('disconnect', () => process.exit());
process.on('message', (message: ToWorker, socket: Socket | undefined) => {
  if (message.type !== 'start') {
    worker?.on(message, socket);
    return;
  }
  worker = new Worker({
    start: message.start,
    states: message.states,
    log: createStderrLog(message.start.config, process.stderr),
    tell: (told: FromWorker) => void process.send?.(told),
    ended: () => process.disconnect?.(),
  });
});
