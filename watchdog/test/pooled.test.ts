import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';
import { callAt, EXECUTABLE, FUNCTIONS, test } from './harness.ts';

const UID = 54_321;
const isRoot = process.getuid!() === 0;
const OWNER = isRoot ? { uid: UID, gid: UID } : {};

/** A folder that the function's user may use, with everything that makes a replica. */
function replica(t: ExecutionContext, file: string) {
  const folder = mkdtempSync(join(tmpdir(), 'watchdog-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const bundle = join(folder, 'bundle');
  mkdirSync(bundle);
  copyFileSync(join(FUNCTIONS, file), join(bundle, 'handler.ts'));
  if (isRoot) for (const path of [folder, bundle]) chownSync(path, UID, UID);
  const atExec = { PATH: process.env.PATH!, HOME: folder, TMPDIR: folder, LANG: 'C.UTF-8', DUNLIN_REPLICA: 'abc' };
  const environment = {
    ...atExec,
    mode: 'module',
    handler: join(bundle, 'handler.ts'),
    listen: `unix:${join(folder, 'sock')}`,
    metrics_port: '0',
    ready_fd: '3',
    log_file: join(folder, 'log'),
    greeting: 'hello = you',
  };
  return { folder, bundle, atExec, environment, socketPath: join(folder, 'sock') };
}

function launch(t: ExecutionContext, args: readonly string[], options: object) {
  const child = spawn(EXECUTABLE, args, { detached: true, ...options });
  t.teardown(() => child.kill('SIGKILL'));
  const ready = child.stdio[3] as Readable;
  return { child, ready: () => once(ready, 'data') };
}

function startPooled(t: ExecutionContext, { folder, atExec }: ReturnType<typeof replica>) {
  return launch(t, ['--pooled'], { cwd: folder, env: atExec, stdio: ['pipe', 'ignore', 'pipe', 'pipe'] });
}

test('pooled: a function sees the same as in a process of its own: environment, identity, folder, limits', async (t) => {
  const own = replica(t, 'surroundings-handler.ts');
  const { environment: env, bundle: cwd } = own;
  const started = launch(t, [], { cwd, env, stdio: ['ignore', 'ignore', 'pipe', 'pipe'], ...OWNER });
  await started.ready();
  const expected = JSON.parse((await callAt({ socketPath: own.socketPath })).body);
  const { exited } = ended(started.child);
  started.child.kill('SIGKILL');
  await exited;
  rmSync(own.socketPath, { force: true });

  const pooled = startPooled(t, own);
  await pooled.ready();
  const owner = isRoot ? { owner: OWNER } : {};
  pooled.child.stdin!.end(`${JSON.stringify({ cwd, environment: env, ...owner })}\n`);
  await pooled.ready();
  t.deepEqual(JSON.parse((await callAt({ socketPath: own.socketPath })).body), expected);
});

test('pooled: one whose engine ends before it was told anything ends too', async (t) => {
  const waits = startPooled(t, replica(t, 'event-handler.ts'));
  await waits.ready();
  const { exited } = ended(waits.child);
  waits.child.stdin!.destroy();
  t.deepEqual(await exited, [0, null]);
});

test('pooled: one that is cut off in the middle of what it is told loads nothing and ends', async (t) => {
  const waits = startPooled(t, replica(t, 'event-handler.ts'));
  await waits.ready();
  const { exited } = ended(waits.child);
  waits.child.stdin!.end('{"cwd":"/","environment":{');
  t.deepEqual(await exited, [0, null]);
});

test('pooled: one that cannot become what it is told says why and ends', async (t) => {
  const own = replica(t, 'event-handler.ts');
  const waits = startPooled(t, own);
  await waits.ready();
  const { exited, printed } = ended(waits.child);
  waits.child.stdin!.end(`${JSON.stringify({ cwd: join(own.folder, 'gone'), environment: own.environment })}\n`);
  t.deepEqual(await exited, [1, null]);
  t.regex(await printed, /^pooled: .*ENOENT/);
});

(isRoot ? test : test.skip)('pooled: one that may not become the user ends before it loads anything', async (t) => {
  const own = replica(t, 'event-handler.ts');
  // As another user it may not change to a third.
  const waits = launch(t, ['--pooled'], {
    cwd: own.folder,
    env: own.atExec,
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    ...OWNER,
  });
  await waits.ready();
  const { exited, printed } = ended(waits.child);
  const owner = { uid: UID + 1, gid: UID + 1 };
  waits.child.stdin!.end(`${JSON.stringify({ cwd: own.bundle, environment: own.environment, owner })}\n`);
  t.deepEqual(await exited, [1, null]);
  t.regex(await printed, /^pooled: .*EPERM/);
});

test('pooled: warming up leaves nothing in its folder', async (t) => {
  const own = replica(t, 'event-handler.ts');
  const waits = startPooled(t, own);
  await waits.ready();
  t.deepEqual(readdirSync(own.folder), ['bundle']);
});

function ended(child: ReturnType<typeof spawn>) {
  return { exited: once(child, 'exit'), printed: text(child.stderr!) };
}
