import test from 'ava';
import type { FunctionSpec } from '../../provider.ts';
import { isFunction, readService } from './read-service.ts';
import type { FunctionService } from './service.ts';
import { serviceSpec } from './service-spec.ts';

const PARTS = { image: 'example/echo@sha256:1', network: 'net', secrets: [], replicas: 1 };
const SPEC: FunctionSpec = {
  name: 'echo',
  namespace: 'openfaas-fn',
  image: 'example/echo:1',
  labels: {},
  annotations: {},
};

const serviceOf = (spec: FunctionSpec): FunctionService => ({
  ID: 'id',
  Version: { Index: 1 },
  CreatedAt: '2026-01-01T00:00:00Z',
  Spec: serviceSpec(spec, PARTS),
});

test('a spec reads back from its service as it was given', (t) => {
  const spec: FunctionSpec = {
    ...SPEC,
    namespace: 'dev',
    envProcess: 'cat',
    envVars: { A: '1', EMPTY: '' },
    constraints: ['node.labels.zone == a'],
    secrets: ['b', 'a'],
    labels: { team: 'birds', 'com.dunlin.timeout': '5s' },
    annotations: { topic: 'shore' },
    limits: { memory: '40Mi', cpu: '100m' },
    requests: { memory: '20m' },
    readOnlyRootFilesystem: true,
  };
  t.deepEqual(readService(serviceOf(spec)), spec);
  t.deepEqual(readService(serviceOf(SPEC)), SPEC);
});

test('quantities become bytes and billionths of a core', (t) => {
  const limits = { memory: '40Mi', cpu: '100m' };
  const { Resources } = serviceSpec({ ...SPEC, limits, requests: { memory: '20m' } }, PARTS).TaskTemplate;
  t.deepEqual(Resources, {
    Limits: { MemoryBytes: 40 * 1024 ** 2, NanoCPUs: 100_000_000, Pids: 1024 },
    Reservations: { MemoryBytes: 20_000_000 },
  });
});

test('a replica has time to drain before it is killed: its lame duck, its write_timeout and a margin', (t) => {
  const seconds = (envVars: Record<string, string>) =>
    serviceSpec({ ...SPEC, envVars }, PARTS).TaskTemplate.ContainerSpec!.StopGracePeriod! / 1e9;
  t.is(seconds({}), 35);
  t.is(seconds({ write_timeout: '2m', healthcheck_interval: '5s' }), 128);
  t.is(seconds({ write_timeout: 'soon' }), 35, 'what is no duration is left to the watchdog to refuse');
});

test('a read-only root has a writable /tmp', (t) => {
  const { ReadOnly, Mounts } = serviceSpec({ ...SPEC, readOnlyRootFilesystem: true }, PARTS).TaskTemplate
    .ContainerSpec!;
  t.true(ReadOnly);
  t.like(Mounts, [{ Type: 'tmpfs', Target: '/tmp' }]);
});

test('annotations set what only Swarm knows', (t) => {
  const annotations = {
    'com.dunlin.pids': '64',
    'com.dunlin.cap-drop': 'ALL',
    'com.dunlin.ulimits': 'nofile=1024:4096, core=0',
    'com.dunlin.spread': 'node.labels.zone,node.labels.rack',
  };
  const { ContainerSpec, Resources, Placement } = serviceSpec({ ...SPEC, annotations }, PARTS).TaskTemplate;
  t.is(Resources!.Limits!.Pids, 64);
  t.deepEqual(ContainerSpec!.CapabilityDrop, ['ALL']);
  t.deepEqual(ContainerSpec!.Ulimits, [
    { Name: 'nofile', Soft: 1024, Hard: 4096 },
    { Name: 'core', Soft: 0, Hard: 0 },
  ]);
  t.deepEqual(
    Placement!.Preferences!.map(({ Spread }) => Spread.SpreadDescriptor),
    ['node.labels.zone', 'node.labels.rack'],
  );
});

const REFUSED: readonly [string, Partial<FunctionSpec>, RegExp][] = [
  ['a bad limit', { limits: { cpu: 'much' } }, /limits\.cpu.*"much"/],
  ['a bad request', { requests: { memory: '-1' } }, /requests\.memory.*"-1"/],
  ['a constraint as Kubernetes has them', { constraints: ['zone=a'] }, /constraints\[0\] must be like.*"zone=a"/],
  ['a label of the provider', { labels: { 'com.dunlin.swarm.spec': '{}' } }, /"com\.dunlin\.swarm\.spec" is used/],
  ['a label that hides an annotation', { labels: { 'com.openfaas.annotations.x': '1' } }, /choose another name/],
  ['no number of processes', { annotations: { 'com.dunlin.pids': '0' } }, /com\.dunlin\.pids must be.*"0"/],
  ['a ulimit without a number', { annotations: { 'com.dunlin.ulimits': 'nofile' } }, /com\.dunlin\.ulimits.*"nofile"/],
  ['a soft limit over the hard one', { annotations: { 'com.dunlin.ulimits': 'nofile=2:1' } }, /com\.dunlin\.ulimits/],
  ['no capability', { annotations: { 'com.dunlin.cap-drop': 'net raw' } }, /com\.dunlin\.cap-drop.*"net raw"/],
  ['a spread over no label', { annotations: { 'com.dunlin.spread': 'zone' } }, /com\.dunlin\.spread.*"zone"/],
  ['no path', { annotations: { 'com.openfaas.ready.http.path': 'ready' } }, /ready\.http\.path must be a path/],
];
for (const [what, more, message] of REFUSED)
  test(`${what} is refused with field, rule and value`, (t) => {
    t.throws(() => serviceSpec({ ...SPEC, ...more }, PARTS), { code: 'invalid_request', message });
  });

test('an image that was changed by hand is the one that is told', (t) => {
  const service = serviceOf(SPEC);
  service.Spec.TaskTemplate.ContainerSpec!.Image = 'example/echo:2@sha256:2';
  t.is(readService(service).image, 'example/echo:2');
});

test('a service that faas-swarm made reads as a function', (t) => {
  const service: FunctionService = {
    ...serviceOf(SPEC),
    Spec: {
      Name: 'figlet',
      Labels: {
        'com.openfaas.function': 'figlet',
        function: 'true',
        'com.openfaas.uid': '1',
        'com.openfaas.annotations.topic': 'x',
        'com.openfaas.scale.max': '4',
      },
      TaskTemplate: {
        ContainerSpec: {
          Image: 'functions/figlet:latest@sha256:3',
          Env: ['fprocess=figlet', 'MODE=a=b'],
          Secrets: [{ SecretName: 'key', File: { Name: '/var/openfaas/secrets/key' } }],
        },
        Placement: { Constraints: ['node.platform.os == linux'] },
        Resources: { Limits: { MemoryBytes: 1024, NanoCPUs: 500_000_000 } },
      },
      Mode: { Replicated: { Replicas: 2 } },
    },
  };
  t.true(isFunction(service));
  t.deepEqual(readService(service), {
    name: 'figlet',
    namespace: 'openfaas-fn',
    image: 'functions/figlet:latest',
    envProcess: 'figlet',
    envVars: { MODE: 'a=b' },
    secrets: ['key'],
    limits: { memory: '1024', cpu: '500m' },
    labels: { 'com.openfaas.scale.max': '4' },
    annotations: { topic: 'x' },
  });
});

test('services without the label, and those that run on every node, are no functions', (t) => {
  const { Spec, ...rest } = serviceOf(SPEC);
  t.false(isFunction({ ...rest, Spec: { ...Spec, Labels: {} } }));
  t.false(isFunction({ ...rest, Spec: { ...Spec, Mode: { Global: {} } } }));
});
