import test from 'ava';
import { type Platform, replicaProcesses, startPlatform } from '../harness/platform.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';

const STORE = ['figlet', 'nodeinfo', 'sha512sum'];

async function answers(platform: Platform): Promise<void> {
  for (const name of STORE) {
    const answer = await platform.call(name, { method: 'POST', body: 'Ada' });
    if (answer.status !== 200) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
  }
}

test('after kill -9 of the gateway under calls every function is back, and no replica is left twice', async (t) => {
  const dataDir = await temporaryFolder(t);
  const first = await startPlatform({ dataDir });
  t.teardown(() => first[Symbol.asyncDispose]());
  for (const name of STORE) {
    const { code, stdout, stderr } = await first.cli(['store', 'deploy', name]);
    t.is(code, 0, stdout + stderr);
  }
  for (const name of STORE) await first.until(name, ({ availableReplicas }) => availableReplicas === 1);
  await answers(first);
  const before = replicaProcesses(dataDir);

  const calls = new AbortController();
  const loop = (async () => {
    while (!calls.signal.aborted) await answers(first).catch(() => undefined);
  })();
  await first.kill();
  calls.abort();
  await loop;
  t.deepEqual([...replicaProcesses(dataDir).keys()].sort(), [...before.keys()].sort(), 'replicas outlive the gateway');

  await using second = await startPlatform({ dataDir });
  await answers(second);
  for (const name of STORE) await second.until(name, ({ availableReplicas }) => availableReplicas === 1);
  t.is(replicaProcesses(dataDir).size, STORE.length, 'one replica for each function, none twice');
  t.is(await second.stop(), 0);
  t.is(replicaProcesses(dataDir).size, 0, 'none is left ownerless');
});
