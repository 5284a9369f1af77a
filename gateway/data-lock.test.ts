import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { lockDataFolder } from './data-lock.ts';

function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), 'dunlin-lock-'));
  t.teardown(() => rmSync(path, { recursive: true }));
  return path;
}

test('a folder has one gateway, and is free again once that gives it back', (t) => {
  const data = folder(t);
  const unlock = lockDataFolder(data, process.pid);
  t.throws(() => lockDataFolder(data, process.ppid), {
    message: new RegExp(`${data}.*process id ${process.pid}.*--data`),
  });
  unlock();
  lockDataFolder(data, process.pid)();
  t.deepEqual(readdirSync(data), []);
});

test('the lock of a gateway that was killed is taken over', async (t) => {
  const data = folder(t);
  const child = spawn('sleep', ['60']);
  lockDataFolder(data, child.pid!);
  t.throws(() => lockDataFolder(data, process.pid));
  child.kill('SIGKILL');
  await once(child, 'exit');
  lockDataFolder(data, process.pid)();
  t.deepEqual(readdirSync(data), []);
});
