import test from 'ava';
import { failureOf, pendingFailure } from './failure.ts';
import type { Task } from './task.ts';

const NOTHING = { wasReady: false, outOfMemory: false, lastLogLines: ['last words'] };
const task = (Status: Partial<Task['Status']>): Task => ({
  ID: 't1',
  CreatedAt: '2026-01-01T00:00:00Z',
  ServiceID: 's1',
  DesiredState: 'shutdown',
  Spec: { ContainerSpec: { Image: 'example/echo:1' }, Resources: { Limits: { MemoryBytes: 40 * 1024 ** 2 } } },
  Status: { Timestamp: '2026-01-01T00:00:01Z', State: 'failed', ...Status },
});

test('a crash has its exit code, its last log lines and whether it came before the replica was ready', (t) => {
  const crash = task({ Err: 'task: non-zero exit (7)', ContainerStatus: { ExitCode: 7 } });
  const failure = failureOf(crash, NOTHING);
  t.like(failure, { code: 'replica_crashed', replica: 't1', exitCode: 7, lastLogLines: ['last words'] });
  t.is(failure.message, 'Replica t1 ended before it was ready with exit code 7; its log says why');
  t.false(failureOf(crash, { ...NOTHING, wasReady: true }).message.includes('before'));
});

test('a function that ended by itself without an error has exit code 0', (t) => {
  t.like(failureOf(task({ State: 'complete' }), NOTHING), { code: 'replica_crashed', exitCode: 0 });
});

test('lack of memory is named with the limit', (t) => {
  const failure = failureOf(task({ Err: 'task: non-zero exit (137)' }), { ...NOTHING, outOfMemory: true });
  t.is(failure.code, 'replica_out_of_memory');
  t.regex(failure.message, /memory limit of 40Mi/);
});

test('an image that a node cannot get is named with what to do', (t) => {
  const failure = failureOf(task({ State: 'rejected', Err: 'No such image: example/echo:1' }), NOTHING);
  t.is(failure.code, 'bundle_not_found');
  t.regex(failure.message, /cannot get the image example\/echo:1.*push it.*credentials/);
});

test('a container that cannot be started is told in the words of the engine', (t) => {
  const failure = failureOf(task({ Err: 'starting container failed: exec: "nothing": not found' }), NOTHING);
  t.is(failure.code, 'replica_crashed');
  t.regex(failure.message, /cannot be started: .*"nothing": not found/);
  t.is(failure.exitCode, undefined);
});

test('a replica that no node can run is a failure once the Swarm says why', (t) => {
  t.is(pendingFailure(task({ State: 'pending' })), undefined);
  const failure = pendingFailure(
    task({ State: 'pending', Err: 'no suitable node (insufficient resources on 1 node)' }),
  );
  t.is(failure!.code, 'no_replica');
  t.regex(failure!.message, /No node can run replica t1: .*insufficient resources.*change constraints/);
});
