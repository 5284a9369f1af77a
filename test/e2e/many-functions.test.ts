import { readFileSync } from 'node:fs';
import test from 'ava';
import { replicaProcesses, startPlatform } from '../harness/platform.ts';

const COUNT = 500;

/** Resident memory of a process, in bytes. */
function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

test('500 functions at zero replicas cost a list and little memory, and each still answers', async (t) => {
  await using platform = await startPlatform();
  t.is((await platform.cli(['store', 'deploy', 'sha512sum'])).code, 0);
  const { image } = (await (await platform.api('/system/function/sha512sum')).json()) as { image: string };
  const labels = { 'com.openfaas.scale.min': '0' };
  for (let i = 0; i < COUNT; i++) {
    const answer = await platform.api('/system/functions', {
      method: 'POST',
      body: { service: `f${i}`, image, labels },
    });
    t.is(answer.status, 202, await answer.text());
  }
  const started = performance.now();
  const list = (await (await platform.api('/system/functions')).json()) as { name: string }[];
  t.log(`list of ${list.length}: ${(performance.now() - started).toFixed(1)} ms`);
  t.log(`gateway: ${(residentBytes(platform.pid) / 1024 ** 2).toFixed(0)} MB`);
  t.is(list.filter(({ name }) => /^f\d+$/.test(name)).length, COUNT);
  t.true(residentBytes(platform.pid) < 200 * 1024 ** 2);
  t.true(replicaProcesses(platform.dataDir).size <= 2, 'only the sample and sha512sum run');
  t.is((await platform.call(`f${COUNT - 1}`, { method: 'POST', body: 'Ada' })).status, 200);
});
