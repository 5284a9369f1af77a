import test from 'ava';
import type { FunctionState, ReplicaFailure } from '../../provider/provider.ts';
import { MemoryProvider } from '../testing/memory-provider.ts';
import { FunctionEntry } from './function-entry.ts';
import { WaitingRoom } from './waiting-room.ts';

const ref = { name: 'f', namespace: 'openfaas-fn' };
const state: FunctionState = { spec: { ...ref, image: 'f', labels: {}, annotations: {} }, replicas: 1, ready: [] };
const crash = (at: number): ReplicaFailure => ({
  code: 'replica_crashed',
  message: 'Replica a ended by SIGKILL',
  replica: 'a',
  lastLogLines: [],
  at: new Date(at),
});

test('a call that was never on a replica does not fail with its crash while another is being started', async (t) => {
  await using provider = new MemoryProvider();
  const room = new WaitingRoom(provider, { maxWaiting: 10, maxWaitMs: 60_000, scaleFromZero: true });
  const entry = new FunctionEntry(ref, state);
  const heard: string[] = [];
  const waiter = { onReady: () => heard.push('ready'), onFailure: (error: Error) => heard.push(error.message) };
  room.enter(entry, waiter, Number.POSITIVE_INFINITY);
  entry.state = { ...state, failure: crash(1), recovering: true };
  room.changed(entry);
  t.deepEqual(heard, [], 'the replica that died had served: its successor will too');
  t.is(room.size, 1);
  entry.state = { ...state, failure: crash(2) };
  room.changed(entry);
  t.deepEqual(heard, ['Replica a ended by SIGKILL'], 'its successor did not even start');
  t.is(room.size, 0);
});
