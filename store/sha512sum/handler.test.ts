import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import test from 'ava';

const call = (body: Uint8Array | string) =>
  spawnSync('bash', [join(import.meta.dirname, 'handler.sh')], { input: body });

test('prints the digest that FIPS 180-4 has for "abc"', (t) => {
  const { stdout, stderr, status } = call('abc');
  t.is(
    String(stdout),
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a' +
      '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f  -\n',
  );
  t.is(String(stderr), '');
  t.is(status, 0);
});

test('takes bytes of any value and length', (t) => {
  for (const body of [new Uint8Array(), randomBytes(1_000_003)])
    t.is(String(call(body).stdout), `${createHash('sha512').update(body).digest('hex')}  -\n`);
});
