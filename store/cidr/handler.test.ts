import test from 'ava';
import handler from './handler.ts';
import { parseNetwork } from './network.ts';

const call = (body: string, query = '') =>
  handler.fetch(new Request(`http://function/${query}`, { method: 'POST', body }));

test('tells the ends, the mask and the size of a network', async (t) => {
  t.deepEqual(await (await call('10.1.2.3/20\n')).json(), {
    network: '10.1.0.0/20',
    version: 4,
    first: '10.1.0.0',
    last: '10.1.15.255',
    mask: '255.255.240.0',
    addresses: '4096',
  });
  t.deepEqual(await (await call('2001:db8:0:0:1::5/48')).json(), {
    network: '2001:db8::/48',
    version: 6,
    first: '2001:db8::',
    last: '2001:db8:0:ffff:ffff:ffff:ffff:ffff',
    mask: 'ffff:ffff:ffff::',
    addresses: '1208925819614629174706176',
  });
});

test('tells whether an address is in a network', async (t) => {
  const contains = async (network: string, address: string) =>
    ((await (await call(network, `?contains=${address}`)).json()) as { contains: boolean }).contains;
  t.true(await contains('10.1.0.0/20', '10.1.15.255'));
  t.false(await contains('10.1.0.0/20', '10.1.16.0'));
  t.true(await contains('0.0.0.0/0', '255.255.255.255'));
  t.false(await contains('::/0', '10.0.0.1'));
  t.true(await contains('::ffff:10.0.0.0/104', '::ffff:a01:203'));
});

for (const [given, shown] of [
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3/128'],
  ['::', '::/128'],
  ['::1', '::1/128'],
  ['1::', '1::/128'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8/128'],
  ['1:0:2:0:3:0:4:0', '1:0:2:0:3:0:4:0/128'],
  ['FE80:0::A', 'fe80::a/128'],
  ['192.0.2.7', '192.0.2.7/32'],
  ['192.0.2.7/0', '0.0.0.0/0'],
] as const)
  test(`${given} is written ${shown}`, (t) => {
    t.is(parseNetwork(given).text, shown);
  });

for (const body of ['', 'host', '10.0.0.1/33', '10.0.0.1/', '10.0.0.1/8/8', '::1/129', '1.2.3', 'fe80::1%eth0'])
  test(`"${body}" is refused`, async (t) => {
    t.is((await call(body)).status, 400);
  });
test('an address that is none is refused', async (t) => {
  t.is((await call('10.0.0.0/8', '?contains=10.0.0')).status, 400);
});
