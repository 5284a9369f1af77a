import test from 'ava';
import type { FunctionStatus } from '../provider.ts';
import { encodeStatus, parseStatus } from './status.ts';

const idle: FunctionStatus = {
  name: 'env',
  namespace: 'openfaas-fn',
  image: 'env:latest',
  labels: {},
  annotations: {},
  replicas: 0,
  availableReplicas: 0,
  createdAt: new Date('2026-01-31T12:00:00.000Z'),
};

test('empty fields are left out, but createdAt, labels and annotations are always there', (t) => {
  t.deepEqual(encodeStatus({ ...idle, envVars: {}, secrets: [], limits: {}, envProcess: '' }), {
    name: 'env',
    namespace: 'openfaas-fn',
    image: 'env:latest',
    labels: { faas_function: 'env' },
    annotations: {},
    createdAt: '2026-01-31T12:00:00.000Z',
  });
});

test('usage is an object when it was asked for, without inner zeroes', (t) => {
  t.deepEqual(encodeStatus({ ...idle, usage: { cpu: 0, totalMemoryBytes: 7 } }).usage, { totalMemoryBytes: 7 });
  t.deepEqual(encodeStatus({ ...idle, usage: { cpu: 0, totalMemoryBytes: 0 } }).usage, {});
});

test('a status reads back as it was encoded, with its failure', (t) => {
  const status: FunctionStatus = {
    ...idle,
    labels: { faas_function: 'env', tier: 'gold' },
    replicas: 2,
    availableReplicas: 1,
    limits: { memory: '40Mi' },
    failure: { code: 'replica_crashed', message: 'exit 0', exitCode: 0, lastLogLines: ['boom'], at: new Date(5) },
  };
  const json = JSON.parse(JSON.stringify(encodeStatus(status, 3)));
  t.deepEqual(parseStatus(json), { ...status, invocationCount: 3 });
});

test('a status with only a name reads as zero values', (t) => {
  const { createdAt, ...rest } = parseStatus({ name: 'env' });
  t.is(createdAt.toISOString(), '0001-01-01T00:00:00.000Z');
  t.like(rest, { namespace: 'openfaas-fn', replicas: 0, availableReplicas: 0, invocationCount: 0 });
});
