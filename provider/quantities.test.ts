import test from 'ava';
import { replicaLimits } from './quantities.ts';

const memory = (text: string) => replicaLimits({ limits: { memory: text } }).memoryBytes;
const cpu = (text: string) => replicaLimits({ limits: { cpu: text } }).cpuMillis;

test('memory is bytes, or has a unit of 1000 or 1024', (t) => {
  t.deepEqual(
    ['40Mi', '128M', '1073741824', '0.5Gi', '40m', '1Ki'].map(memory),
    [41_943_040, 128_000_000, 1_073_741_824, 536_870_912, 40_000_000, 1024],
  );
});

test('cpu is cores or thousandths', (t) => {
  t.deepEqual(['100m', '0.5', '2'].map(cpu), [100, 500, 2000]);
});

test('nothing given limits nothing', (t) => {
  t.deepEqual(replicaLimits({}), {});
  t.deepEqual(replicaLimits({ requests: { memory: '1Gi' } }), {});
});

for (const bad of ['', 'lots', '-1', '40MiB', '0', '1e6', '40 Mi', '999999999999999Ti'])
  test(`memory ${JSON.stringify(bad)} is refused with field, rule and value`, (t) => {
    const error = t.throws(() => memory(bad), { code: 'invalid_request', message: /limits\.memory must be a size/ });
    t.true(error!.message.includes(JSON.stringify(bad)));
  });

test('a bad request is refused too, though it limits nothing', (t) => {
  t.throws(() => replicaLimits({ requests: { cpu: '1.5x' } }), { message: /requests\.cpu.*"1\.5x"/ });
});
