import test from 'ava';
import { MemoryRecords } from '../testing/memory-records.ts';
import { Leadership } from './leadership.ts';

const LEASE_MS = 9000;

/** Gateways over the same records, with one clock that the test moves. */
function cluster() {
  const records = new MemoryRecords();
  const clock = { now: 0 };
  const log = { info: () => undefined, warn: () => undefined };
  const join = (holder: string) => new Leadership({ records, holder, leaseMs: LEASE_MS, now: () => clock.now, log });
  return { records, clock, join };
}

test('of many gateways that begin at once exactly one decides', async (t) => {
  const { join } = cluster();
  const gateways = ['a', 'b', 'c', 'd', 'e'].map(join);
  await Promise.all(gateways.map((gateway) => gateway.renew()));
  t.is(gateways.filter(({ leads }) => leads).length, 1);
});

test('it goes on deciding as long as it renews', async (t) => {
  const { clock, join } = cluster();
  const [a, b] = [join('a'), join('b')];
  for (; clock.now < 60_000; clock.now += 3000) {
    await a.renew();
    await b.renew();
    t.true(a.leads);
    t.false(b.leads);
  }
});

test('when it dies another follows within a lease and a round, never before it has stopped by itself', async (t) => {
  const { clock, join } = cluster();
  const [a, b, c] = [join('a'), join('b'), join('c')];
  await a.renew();
  for (; clock.now <= LEASE_MS + 3000; clock.now += 500) {
    await b.renew();
    await c.renew();
    t.true([a, b, c].filter(({ leads }) => leads).length <= 1);
  }
  t.is([b, c].filter(({ leads }) => leads).length, 1);
});

test('one that stops gives the lease back, and another decides at its next round', async (t) => {
  const { join } = cluster();
  const [a, b] = [join('a'), join('b')];
  await a.renew();
  await b.renew();
  await a.close();
  t.false(a.leads);
  await b.renew();
  t.true(b.leads);
});

test('one that cannot reach the records stops deciding when its lease ends', async (t) => {
  const { clock, join, records } = cluster();
  const a = join('a');
  await a.renew();
  records.broken = true;
  clock.now = 3000;
  await a.renew();
  t.true(a.leads);
  clock.now = LEASE_MS;
  await a.renew();
  t.false(a.leads);
  records.broken = false;
  await a.renew();
  t.true(a.leads);
});

test('a record that no gateway wrote is taken over', async (t) => {
  const { join, records } = cluster();
  await records.write('dunlin-scaling', 'what is this', undefined);
  const a = join('a');
  await a.renew();
  t.true(a.leads);
});
