import test from 'ava';
import { deploymentBody } from '../client-requests.ts';
import { parseDeployment } from './deployment.ts';

const minimal = { service: 'env', image: 'functions/alpine:latest' };
const spec = { name: 'env', namespace: 'openfaas-fn', image: 'functions/alpine:latest', labels: {}, annotations: {} };

test('a deployment without optional fields has none of them, and labels and annotations are empty objects', (t) => {
  t.deepEqual(parseDeployment(minimal), spec);
  t.deepEqual(parseDeployment({ ...minimal, labels: null, annotations: null, limits: null, envVars: {} }), spec);
});

test('keys match whatever their case, unknown ones are ignored', (t) => {
  t.deepEqual(
    parseDeployment({ SERVICE: 'env', Image: minimal.image, network: 'func_functions', registryAuth: '' }),
    spec,
  );
  t.is(parseDeployment({ ...minimal, ENVPROCESS: 'cat' }).envProcess, 'cat');
});

test('the namespace comes from the body or the query, and two different ones are refused', (t) => {
  t.is(parseDeployment(minimal, 'staging').namespace, 'staging');
  t.is(parseDeployment({ ...minimal, namespace: 'staging' }).namespace, 'staging');
  t.is(parseDeployment({ ...minimal, namespace: 'staging' }, 'staging').namespace, 'staging');
  t.throws(() => parseDeployment({ ...minimal, namespace: 'staging' }, 'dev'), {
    code: 'invalid_request',
    message: 'namespace is "staging" in the body but "dev" in the query; give it once',
  });
});

test('values are kept byte for byte', (t) => {
  const given = {
    ...minimal,
    annotations: { note: 'tab\there\nnew line' },
    limits: { memory: '5Mi', cpu: '100m' },
    secrets: ['b', 'a'],
    envVars: { Mixed_Case: ' spaces ' },
  };
  const { annotations, limits, secrets, envVars } = parseDeployment(given);
  t.deepEqual({ ...minimal, annotations, limits, secrets, envVars }, given);
});

test('what the client sends reads back as the same spec', (t) => {
  const full = {
    ...spec,
    envProcess: 'cat',
    envVars: { a: 'b' },
    secrets: ['key'],
    labels: { tier: 'gold' },
    limits: { memory: '1Gi' },
    readOnlyRootFilesystem: true,
  };
  t.deepEqual(parseDeployment(JSON.parse(JSON.stringify(deploymentBody(full)))), full);
});

const WRONG: readonly (readonly [string, unknown, string])[] = [
  ['a body that is no object', [], 'the body must be a JSON object, got []'],
  ['a missing name', { image: 'x' }, 'service is missing; give it a string'],
  ['a missing image', { service: 'x' }, 'image is missing; give it a string'],
  [
    'an image with a space',
    { service: 'x', image: 'a b' },
    'image must be at most 1024 printable characters without spaces, such as "hello:latest", got "a b"',
  ],
  ['a name that is a number', { ...minimal, service: 7 }, 'service must be a string, got 7'],
  ['a label that is a number', { ...minimal, labels: { 'scale.min': 2 } }, 'labels.scale.min must be a string, got 2'],
  ['a secret that is no string', { ...minimal, secrets: ['a', {}] }, 'secrets[1] must be a string, got {}'],
  ['secrets that are no array', { ...minimal, secrets: 'a' }, 'secrets must be an array of strings, got "a"'],
  ['limits that are no object', { ...minimal, limits: '5Mi' }, 'limits must be a JSON object, got "5Mi"'],
  ['a memory limit that is a number', { ...minimal, limits: { memory: 5 } }, 'limits.memory must be a string, got 5'],
  [
    'a flag that is text',
    { ...minimal, readOnlyRootFilesystem: 'yes' },
    'readOnlyRootFilesystem must be true or false, got "yes"',
  ],
  [
    'a variable of the runtime',
    { ...minimal, envVars: { BUN_OPTIONS: '-e 1' } },
    "envVars.BUN_OPTIONS: names that begin with BUN_ are the watchdog's own; choose another",
  ],
  [
    'a variable name with =',
    { ...minimal, envVars: { 'a=b': '' } },
    'envVars: "a=b" is no name of a variable; it must not be empty or contain "="',
  ],
];
for (const [what, body, message] of WRONG)
  test(`${what} is refused by path, rule and value`, (t) => {
    t.throws(() => parseDeployment(body), { code: 'invalid_request', message });
  });

for (const name of ['', 'Hello', 'a_b', '-a', 'a-', 'a.b', '../etc', 'a/b', 'a\0', 'é', 'a'.repeat(64)])
  test(`the function name ${JSON.stringify(name)} is refused`, (t) => {
    t.throws(() => parseDeployment({ ...minimal, service: name }), { code: 'invalid_request', message: /^service / });
  });

for (const name of ['a', '0', 'a-b', 'a--b', 'a'.repeat(63)])
  test(`the function name ${name} is accepted`, (t) => {
    t.is(parseDeployment({ ...minimal, service: name }).name, name);
  });
