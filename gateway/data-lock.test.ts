import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { lockDataFolder, runningGateway } from './data-lock.ts';

function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), 'dunlin-lock-'));
  t.teardown(() => rmSync(path, { recursive: true }));
  return path;
}

test('a folder has one gateway, and is free again once that gives it back', (t) => {
  const data = folder(t);
  const lock = lockDataFolder(data, process.pid);
  t.throws(() => lockDataFolder(data, process.ppid), {
    message: new RegExp(`${data}.*process id ${process.pid}.*--data`),
  });
  lock.release();
  lockDataFolder(data, process.pid).release();
  t.deepEqual(readdirSync(data), []);
});

test('the lock of a gateway that was killed is taken over', async (t) => {
  const data = folder(t);
  const child = spawn('sleep', ['60']);
  lockDataFolder(data, child.pid!);
  t.throws(() => lockDataFolder(data, process.pid));
  child.kill('SIGKILL');
  await once(child, 'exit');
  lockDataFolder(data, process.pid).release();
  t.deepEqual(readdirSync(data), []);
});

test('a lock that was passed on is the other process’s, and the first one no longer gives it back', (t) => {
  const data = folder(t);
  const child = spawn('sleep', ['60']);
  t.teardown(() => child.kill('SIGKILL'));
  const lock = lockDataFolder(data, process.pid);
  t.is(runningGateway(data)?.pid, process.pid);
  lock.passTo(child.pid!);
  lock.release();
  t.is(runningGateway(data)?.pid, child.pid);
  lockDataFolder(data, child.pid!).release();
  t.is(runningGateway(data), undefined);
});
