import test from 'ava';
import { FaasError } from '../../common/errors.ts';
import { loggedIn } from '../testing/logged-in-project.ts';
import { problem } from '../testing/recording-gateway.ts';

const two = [
  {
    name: 'b',
    image: 'b:1',
    namespace: 'openfaas-fn',
    invocationCount: 3,
    replicas: 2,
    createdAt: '2026-01-02T03:04:05Z',
  },
  { name: 'a', image: 'a:1', namespace: 'openfaas-fn', replicas: 1, createdAt: '2026-01-03T03:04:05.25Z' },
];

test('list prints the columns of the contract, in every form', async (t) => {
  await using at = await loggedIn();
  at.gateway.answers.set('GET /system/functions', (_request, response) => response.end(JSON.stringify(two)));
  const out = async (...argv: string[]) => (await at.project.run(['list', ...argv])).stdout;
  const name = (text: string) => text.padEnd(30);
  t.is(
    await out(),
    `${name('Function')}\tInvocations    \tReplicas\n${name('a')}\t0              \t1    \n${name('b')}\t3              \t2    \n`,
  );
  t.is(await out('-q', '--sort', 'invocations'), 'b\na\n');
  t.is(await out('-q', '--sort=creation'), 'b\na\n');
  t.regex(await out('-v'), /\na {29}\ta:1 {37}\t0 {14}\t1 {4}\t\t2026-01-03 03:04:05\.25 \+0000 UTC\n/);
  t.is(await out('--json'), `${JSON.stringify([two[1], two[0]], null, 2)}\n`);
  await at.project.run(['ls', '-n', 'staging']);
  t.is(at.gateway.lines.at(-1), 'GET /system/functions?namespace=staging');
});

test('describe prints what is set, with the last failure, and everything with -v', async (t) => {
  await using at = await loggedIn();
  const status = {
    ...two[0],
    availableReplicas: 1,
    envProcess: '',
    labels: { x: '1' },
    envVars: { B: '2', A: '1' },
    secrets: ['key'],
    limits: { memory: '64Mi' },
    usage: { cpu: 12, totalMemoryBytes: 3 * 1024 * 1024 },
    failure: {
      code: 'replica_crashed',
      message: 'it exited',
      exitCode: 3,
      lastLogLines: ['x'],
      at: '2026-01-01T00:00:00Z',
    },
  };
  at.gateway.answers.set('GET /system/function/b', (_request, response) => response.end(JSON.stringify(status)));
  at.gateway.answers.set('GET /system/functions', (_request, response) => response.end(JSON.stringify(two)));
  const { stdout } = await at.project.run(['describe', 'b']);
  t.is(
    stdout,
    `Name:                b
Status:              Ready
Replicas:            2
Available Replicas:  1
Invocations:         3
Image:               b:1
Function Process:    <default>
URL:                 ${at.gateway.url}/function/b
Async URL:           ${at.gateway.url}/async-function/b
Labels:
 x: 1
Environment:
 A: 1
 B: 2
Secrets:
 - key
Limits:
 Memory: 64Mi
Usage:
 RAM: 3.00 MB
 CPU: 12 Mi
Last failure:
 Code: replica_crashed
 Message: it exited
 Exit code: 3
 At: 2026-01-01T00:00:00Z
 last log lines:
   x
`,
  );
  t.deepEqual(at.gateway.lines, ['GET /system/function/b?usage=1', 'GET /system/functions']);
  t.regex(
    (await at.project.run(['describe', 'b', '-v', '-n', 'x'])).stdout,
    /\/function\/b\.x\n(.*\n)*Annotations: +<none>\n/,
  );
  const json = JSON.parse((await at.project.run(['describe', 'b', '-j'])).stdout);
  t.like(json, { name: 'b', Status: 'Ready', InvocationCount: 3, URL: `${at.gateway.url}/function/b` });
});

test('logs prints lines as they come, plain, as key and value, and as JSON', async (t) => {
  await using at = await loggedIn();
  const line = (text: string) =>
    `${JSON.stringify({ name: 'b', namespace: 'openfaas-fn', instance: 'r1', timestamp: '2026-01-02T15:04:05.5Z', text })}\n`;
  at.gateway.answers.set('GET /system/logs', (_request, response) => response.end(line('one\n') + line('two')));
  const out = async (...argv: string[]) => (await at.project.run(['logs', 'b', ...argv])).stdout;
  t.is(await out(), '2026-01-02T15:04:05.5Z one\n2026-01-02T15:04:05.5Z two\n');
  t.is(await out('--name', '--instance', '--time-format', 'Kitchen'), '3:04PM b (r1) one\n3:04PM b (r1) two\n');
  t.is(
    (await out('-o', 'keyvalue', '--name')).split('\n')[0],
    'timestamp="2026-01-02T15:04:05.5Z" name="b" text="one"',
  );
  t.is((await out('--output=json')).split('\n')[1], line('two').trim());
  t.is(at.gateway.lines[0], 'GET /system/logs?name=b&follow=true&tail=-1');
  await out('--tail=false', '--lines', '5', '-n', 'x', '--since-time', '2026-01-01T00:00:00Z');
  t.is(
    at.gateway.lines.at(-1),
    'GET /system/logs?name=b&namespace=x&follow=false&tail=5&since=2026-01-01T00%3A00%3A00.000Z',
  );
  t.regex((await at.project.run(['logs', 'b', '-o', 'xml'])).stderr, /--output must be plain, keyvalue or json/);
});

test('logs that are cut in the middle are an error', async (t) => {
  await using at = await loggedIn();
  at.gateway.answers.set('GET /system/logs', (_request, response) => {
    response.write('{"name":');
    response.destroy();
  });
  const { code, stderr } = await at.project.run(['logs', 'b']);
  t.is(code, 1);
  t.regex(stderr, /^(The gateway http\S+ (ended the logs in the middle; start again|closed the connection))/);
});

test('ready waits for the gateway and for a function, and gives up', async (t) => {
  await using at = await loggedIn();
  let looks = 0;
  at.gateway.answers.set('GET /healthz', (_request, response) => response.writeHead(++looks < 3 ? 503 : 200).end());
  const ready = await at.project.run(['ready', '--interval', '1ms']);
  t.deepEqual(ready, {
    code: 0,
    stdout:
      '[1/60] Waiting for gateway\n[2/60] Waiting for gateway\n[3/60] Waiting for gateway\nOpenFaaS gateway is ready\n',
    stderr: '',
  });
  const never = await at.project.run(['ready', 'ghost', '--attempts', '2', '--interval', '1ms']);
  t.like(never, { code: 1, stderr: 'Function ghost not ready after: 0.002s\n' });
});

test('version shows CLI, gateway and provider', async (t) => {
  await using at = await loggedIn();
  const { stdout } = await at.project.run(['version']);
  t.regex(
    stdout,
    /^CLI:\n version: 0\.1\.0\n\nGateway\n uri: +http.*\n version: +4\.5\.6\n sha: +def\n\nProvider\n name: +recording\n/,
  );
  const json = JSON.parse((await at.project.run(['version', '-j'])).stdout);
  t.deepEqual(json.provider, { name: 'recording', orchestration: 'embedded', version: '1.2.3', sha: 'abc' });
  t.is((await at.project.run(['version', '--short-version'])).stdout, '0.1.0\n');
});

test('a gateway that is not there, answers rubbish or is slow is named', async (t) => {
  await using at = await loggedIn();
  const refused = await at.project.run(['list', '-g', 'http://127.0.0.1:1']);
  t.is(refused.stderr, 'Cannot connect to http://127.0.0.1:1; is the gateway running? Start it with: npm start\n');
  at.gateway.answers.set('GET /system/functions', (_request, response) => response.end('<html>'));
  t.regex(
    (await at.project.run(['list'])).stderr,
    /^The server http.* answered no JSON to GET \/system\/functions but "<html>"/,
  );
  at.gateway.answers.set('GET /system/functions', () => {});
  const slow = await at.project.run(['login', '--timeout', '50ms', '-s'], { input: 'x' });
  t.regex(slow.stderr, /^The gateway http.* did not answer within 0\.05 s; give it longer with --timeout\n$/);
});

test('a gateway that says it in text, as OpenFaaS does, is quoted', async (t) => {
  await using at = await loggedIn();
  at.gateway.answers.set('GET /system/functions', (_request, response) => response.writeHead(500).end('no way\n'));
  t.deepEqual(await at.project.run(['list']), { code: 1, stdout: '', stderr: 'No way\n' });
  at.gateway.answers.set('GET /system/functions', (_request, response) =>
    problem(response, new FaasError('provider_unavailable', 'the engine is away')),
  );
  t.like(await at.project.run(['list']), { stderr: 'The engine is away\n' });
});
