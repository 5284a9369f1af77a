import { EventEmitter } from 'node:events';
import test from 'ava';
import { onSignals, type SignalledProcess } from './signals.ts';

class FakeProcess extends EventEmitter implements SignalledProcess {
  readonly killed: string[] = [];
  exit(code: number): never {
    throw new Error(`exit ${code}`);
  }
  kill(pid: number, signal: NodeJS.Signals): boolean {
    this.killed.push(`${signal} ${pid}`);
    return true;
  }
}

test('a signal to stop in the middle of a hand-over is for whoever serves after it', async (t) => {
  const process = new FakeProcess();
  const signals = onSignals(process);
  const { promise: handedOver, resolve } = Promise.withResolvers<void>();
  signals.onTakeOver(() => handedOver);
  process.emit('SIGUSR2');
  process.emit('SIGINT');
  signals.passTo(() => 42);
  resolve();
  await handedOver;
  await new Promise(setImmediate);
  t.deepEqual(process.killed, ['SIGINT 42']);
});

test('after a hand-over that failed a signal to stop is this gateway’s', async (t) => {
  const process = new FakeProcess();
  const signals = onSignals(process);
  const { promise: failed, resolve } = Promise.withResolvers<void>();
  signals.onTakeOver(() => failed);
  process.emit('SIGUSR2');
  process.emit('SIGTERM');
  resolve();
  t.is(await signals.stopped, 'stopped');
  t.deepEqual(process.killed, []);
});

test('SIGUSR2 before the gateway is ready is not lost, and one hand-over happens at a time', async (t) => {
  const process = new FakeProcess();
  const signals = onSignals(process);
  process.emit('SIGUSR2');
  let begun = 0;
  const { promise: failed, resolve } = Promise.withResolvers<void>();
  signals.onTakeOver(() => {
    begun++;
    return failed;
  });
  t.is(begun, 1);
  process.emit('SIGUSR2');
  t.is(begun, 1);
  resolve();
  await new Promise(setImmediate);
  t.is(begun, 2);
});
