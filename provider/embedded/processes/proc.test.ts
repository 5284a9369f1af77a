import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { readStat } from '../../../common/process-stat.ts';
import { isRunning, processTree, readEnviron, residentBytes } from './proc.ts';

test('a process is known by its pid and its start time, whatever its name is', async (t) => {
  const child = spawn('/bin/sh', ['-c', 'echo started; read _'], { argv0: 'a) R (b', env: { MARK: 'x y' } });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const { startTime, alive } = readStat(child.pid!)!;
  t.true(alive);
  t.true(isRunning(child.pid!, startTime));
  t.false(isRunning(child.pid!, String(Number(startTime) - 1)));
  t.true(readEnviron(child.pid!).includes('MARK=x y'));
  t.true(residentBytes(child.pid!) > 0);
  child.stdin.end('\n');
  await once(child, 'exit');
  t.false(isRunning(child.pid!, startTime));
  t.is(readStat(child.pid!), undefined);
  t.is(residentBytes(child.pid!), 0);
});

test('the tree of a process has its grandchildren', async (t) => {
  const child = spawn('/bin/sh', ['-c', 'sh -c "echo \\$\\$; read _; true"; true']);
  t.teardown(() => child.kill('SIGKILL'));
  const [inner] = (await once(child.stdout, 'data')) as [Buffer];
  t.deepEqual(processTree(child.pid!), [child.pid!, Number(inner.toString())]);
  t.true(processTree(process.pid).includes(Number(inner.toString())));
  child.stdin.end('\n');
  await once(child, 'exit');
});
