import test from 'ava';
import { buildFailure, engineFailure, messageOf, pushFailure } from './failures.ts';

const system = (code: string) => Object.assign(new Error(`connect ${code}`), { code });
const answer = (statusCode: number, message: string) =>
  Object.assign(new Error(`(HTTP code ${statusCode}) server error - ${message} `), { statusCode });

test('no engine and no permission name the socket and what to do', (t) => {
  const missing = engineFailure(system('ENOENT'), '/var/run/docker.sock');
  t.is(missing.code, 'provider_unavailable');
  t.regex(missing.message, /answers at \/var\/run\/docker\.sock: there is no such socket; start it, .*DOCKER_HOST/);
  t.regex(engineFailure(system('ECONNREFUSED'), 'tcp://a:1').message, /at tcp:\/\/a:1: nothing listens there/);
  const forbidden = engineFailure(system('EACCES'), '/var/run/docker.sock');
  t.is(forbidden.code, 'unauthorized');
  t.regex(forbidden.message, /no permission on .*\/var\/run\/docker\.sock; .*usermod -aG docker/);
});

test('what the engine answers is told in its own words, a full disk with a remedy', (t) => {
  t.is(messageOf(answer(500, 'layer is broken')), 'layer is broken');
  t.regex(engineFailure(answer(500, 'layer is broken'), '/s').message, /at \/s failed: layer is broken$/);
  t.regex(engineFailure(answer(500, 'write /x: no space left on device'), '/s').message, /disk is full.*prune/);
});

for (const [message, code, words] of [
  ['unauthorized: authentication required', 'unauthorized', /registry-login --server r\.example/],
  ['denied: requested access to the resource is denied', 'unauthorized', /registry-login/],
  ['no basic auth credentials', 'unauthorized', /registry-login/],
  ['received unexpected HTTP status: 403 Forbidden', 'unauthorized', /registry-login/],
  ['Get "https://r.example/v2/": dial tcp: lookup r.example: no such host', 'upstream_failed', /cannot be reached/],
  ['Get "https://r.example/v2/": net/http: TLS handshake timeout', 'upstream_failed', /cannot be reached/],
  ['http: server gave HTTP response to HTTPS client', 'upstream_failed', /plain HTTP.*insecure-registries/],
  ['x509: certificate signed by unknown authority', 'upstream_failed', /does not trust the certificate.*certs\.d/],
  ['no space left on device', 'upstream_failed', /disk of registry r\.example is full/],
  ['An image does not exist locally with the tag: r.example/a', 'not_found', /run first: faas-cli build/],
  ['blob upload unknown', 'upstream_failed', /was not pushed: blob upload unknown/],
] as const)
  test(`a push that fails with "${message}" is ${code}`, (t) => {
    const error = pushFailure('r.example/a:1', 'r.example', message);
    t.is(error.code, code);
    t.regex(error.message, words);
  });

for (const message of [
  'pull access denied for a/b, repository does not exist or may require docker login',
  'manifest for a/b:1 not found: manifest unknown',
  'no matching manifest for linux/s390x in the manifest list entries',
])
  test(`a FROM that fails with "${message}" names image and remedy`, (t) => {
    const step = { number: '2/9', text: 'FROM --platform=linux/amd64 a/b:1 AS build' };
    const error = buildFailure({ name: 'hello', step, message, lastLines: [] });
    t.is(error.code, 'not_found');
    t.regex(error.message, /the base image a\/b:1 is not to be had: .*registry-login.*--build-arg/);
  });

test('a build that fails before its first step says so', (t) => {
  const error = buildFailure({
    name: 'hello',
    step: undefined,
    message: 'dockerfile parse error line 3',
    lastLines: [],
  });
  t.regex(error.message, /failed before the first step: dockerfile parse error line 3/);
});
