import test from 'ava';
import { secretBody } from '../client-requests.ts';
import { parseDelete, parseNamespace, parseScale, parseSecret, parseSecretRef } from './requests.ts';

test('a deletion takes its namespace from the body or the query, and keys in any case', (t) => {
  t.deepEqual(parseDelete({ functionName: 'a' }), { name: 'a', namespace: 'openfaas-fn' });
  t.deepEqual(parseDelete({ functionname: 'a' }, 'dev'), { name: 'a', namespace: 'dev' });
  t.deepEqual(parseDelete({ functionName: 'a', namespace: 'dev' }), { name: 'a', namespace: 'dev' });
  t.throws(() => parseDelete({}), { message: 'functionName is missing; give it a string' });
});

test('replicas may be 0 and have no cap, but are whole numbers', (t) => {
  t.deepEqual(parseScale({ serviceName: 'a', replicas: 0 }), { serviceName: 'a', replicas: 0 });
  t.is(parseScale({ replicas: 100_000 }).replicas, 100_000);
  for (const replicas of [-1, 1.5, '2', Number.MAX_VALUE])
    t.throws(() => parseScale({ replicas }), { message: /^replicas must be a whole number, 0 or more, got / });
  t.throws(() => parseScale({}), { message: /^replicas is missing/ });
});

test('rawValue wins over value, byte for byte', (t) => {
  const bytes = Uint8Array.from([0, 255, 10, 13]);
  const sent = { name: 'key', rawValue: Buffer.from(bytes).toString('base64'), value: 'text' };
  t.deepEqual([...parseSecret(sent).value], [...bytes]);
  t.is(Buffer.from(parseSecret({ name: 'key', value: 'text\n', rawValue: '' }).value).toString(), 'text\n');
});

test('a secret that the client sends raw reads back byte for byte', (t) => {
  const secret = { name: 'key', namespace: 'dev', value: Buffer.from([0, 255, 10, 13]) };
  t.deepEqual(parseSecret(secretBody({ ...secret, raw: true })), secret);
});

test('a bad secret is refused with the rule', (t) => {
  t.throws(() => parseSecret({ name: 'key', rawValue: '@@@' }), { message: /^rawValue must be base64/ });
  t.throws(() => parseSecret({ name: 'key', value: 'x'.repeat(2 ** 20 + 1) }), { message: /at most 1048576 bytes/ });
  for (const name of ['../x', 'Key', 'a/b', '.', 'a..b', 'a'.repeat(254)])
    t.throws(() => parseSecretRef({ name }), { code: 'invalid_request', message: /^name must be 1 to 253/ });
  t.is(parseSecretRef({ name: 'a.b-c' }, 'dev').namespace, 'dev');
});

test('the name of a namespace may stand in the path, and must not differ from it', (t) => {
  t.deepEqual(parseNamespace({}, 'dev'), { name: 'dev', labels: {}, annotations: {} });
  t.deepEqual(parseNamespace({ name: 'dev', labels: { openfaas: '1' }, annotations: null }), {
    name: 'dev',
    labels: { openfaas: '1' },
    annotations: {},
  });
  t.throws(() => parseNamespace({ name: 'a' }, 'b'), { message: 'name must be that in the path, "b", got "a"' });
  t.throws(() => parseNamespace({}), { message: /^name is missing/ });
});
