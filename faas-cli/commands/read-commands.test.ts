import test from 'ava';
import { FaasError } from '../../common/errors.ts';
import { loggedInProject } from '../testing/logged-in-project.ts';
import { problem } from '../testing/recording-gateway.ts';

async function start() {
  const at = await loggedInProject();
  at.project.env.OPENFAAS_URL = at.gateway.url;
  return at;
}

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
  await using at = await start();
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
  await using at = await start();
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
  await using at = await start();
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
  await using at = await start();
  at.gateway.answers.set('GET /system/logs', (_request, response) => {
    response.write('{"name":');
    response.destroy();
  });
  const { code, stderr } = await at.project.run(['logs', 'b']);
  t.is(code, 1);
  t.regex(stderr, /^(The gateway http\S+ (ended the logs in the middle; start again|closed the connection))/);
});

test('secrets are created, replaced, updated, listed, applied and removed', async (t) => {
  await using at = await start();
  const { project, gateway } = at;
  t.deepEqual(await project.run(['secret', 'create', 'key', '--from-literal', ' v \n']), {
    code: 0,
    stdout: 'Creating secret: key\nCreated: 202 Accepted\n',
    stderr: '',
  });
  t.deepEqual(gateway.json('POST /system/secrets'), { name: 'key', value: 'v' });
  const taken = await project.run(['secret', 'create', 'key', '--from-literal', 'w']);
  t.like(taken, { code: 1, stderr: 'Secret key is there\n' });
  const replaced = await project.run(['secret', 'create', 'key', '--replace', '--trim=false'], { input: 'w\n' });
  t.like(replaced, { code: 0, stdout: 'Creating secret: key\nUpdated: 202 Accepted\n' });
  t.is(gateway.secrets.get('key'), 'w\n');
  await project.write({ file: 'from file\n', '.secrets/a': '1\n', '.secrets/key': '2\n' });
  t.like(await project.run(['secret', 'u', 'key', '--from-file', 'file', '-n', 'x']), {
    stdout: 'Updating secret: key.x\nUpdated: 202 Accepted\n',
  });
  t.is(gateway.secrets.get('key'), 'from file');
  t.like(await project.run(['secret', 'apply']), { code: 0 });
  t.deepEqual(
    [...gateway.secrets],
    [
      ['key', '2'],
      ['a', '1'],
    ],
  );
  t.is((await project.run(['secret', 'list'])).stdout, '\nNAME\nkey\na\n\n');
  t.is((await project.run(['secret', 'rm', 'key'])).stdout, 'Removed.. OK.\n');
  t.like(await project.run(['secret', 'remove', 'key']), { code: 1, stderr: 'There is no secret key\n' });
  gateway.secrets.clear();
  t.is((await project.run(['secret', 'ls'])).stdout, 'No secrets found.\n');
});

test('a secret needs a good name and a value', async (t) => {
  await using at = await start();
  t.regex(
    (await at.project.run(['secret', 'create', 'A_b', '--from-literal', 'x'])).stderr,
    /^The name must be 1 to 253/,
  );
  t.regex((await at.project.run(['secret', 'create', 'a'])).stderr, /^The secret has no value/);
  t.regex(
    (await at.project.run(['secret', 'create', 'a', '--from-file', 'none'])).stderr,
    /none: there is no such file/,
  );
  t.deepEqual(at.gateway.lines, []);
});

test('login asks the gateway, stores 0600, is used, and logout forgets', async (t) => {
  await using at = await start();
  const { project, gateway } = at;
  project.env.OPENFAAS_CONFIG = project.path('fresh');
  const wrong = await project.run(['login', '--password-stdin'], { input: 'wrong' });
  t.like(wrong, { code: 1, stderr: 'Unable to login, either username or password is incorrect\n' });
  t.like(await project.run(['list']), {
    code: 1,
    stderr: 'Unauthorized access, run "faas-cli login" to setup authentication for this server\n',
  });
  t.is(gateway.requests.at(-1)!.headers.authorization, 'Bearer');
  const right = await project.run(['login', '-s'], { input: 'right\n' });
  t.is(
    right.stdout,
    `Calling the OpenFaaS server to validate the credentials...\ncredentials saved for admin ${gateway.url}\n`,
  );
  t.like(await project.run(['list', '-q']), { code: 0 });
  t.like(await project.run(['list', '-q', '--token', 'jwt']), { code: 1 });
  t.is(gateway.requests.at(-1)!.headers.authorization, 'Bearer jwt');
  t.is((await project.run(['logout'])).stdout, `credentials removed for ${gateway.url}\n`);
  t.like(await project.run(['logout']), { code: 1 });
  t.like(await project.run(['list']), { code: 1 });
});

test('ready waits for the gateway and for a function, and gives up', async (t) => {
  await using at = await start();
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

test('namespaces are listed, shown, created and removed', async (t) => {
  await using at = await start();
  const { project, gateway } = at;
  gateway.answers.set('POST /system/namespace/', (_request, response) => response.writeHead(201).end());
  gateway.answers.set('DELETE /system/namespace/dev', (_request, response) => response.writeHead(202).end());
  t.is((await project.run(['namespace', 'list'])).stdout, 'Namespaces:\n - openfaas-fn\n - staging\n');
  t.is((await project.run(['ns', 'ls', '-j'])).stdout, '[\n  "openfaas-fn",\n  "staging"\n]\n');
  const created = await project.run(['ns', 'create', 'dev', '-l', 'team=web']);
  t.is(created.stdout, 'Creating Namespace: dev\nNamespace Created: dev\n');
  t.deepEqual(gateway.json('POST /system/namespace/'), {
    name: 'dev',
    labels: { openfaas: '1', team: 'web' },
    annotations: { openfaas: '1' },
  });
  t.like(await project.run(['ns', 'rm', 'dev']), { code: 0 });
  t.deepEqual(gateway.json('DELETE /system/namespace/dev'), { name: 'dev' });
});

test('version shows CLI, gateway and provider', async (t) => {
  await using at = await start();
  const { stdout } = await at.project.run(['version']);
  t.regex(
    stdout,
    /^CLI:\n version: 0\.1\.0\n\nGateway\n uri: +http.*\n version: +4\.5\.6\n sha: +def\n\nProvider\n name: +recording\n/,
  );
  const json = JSON.parse((await at.project.run(['version', '-j'])).stdout);
  t.deepEqual(json.provider, { name: 'recording', orchestration: 'embedded', version: '1.2.3', sha: 'abc' });
  t.is((await at.project.run(['version', '--short-version'])).stdout, '0.1.0\n');
});

const store = {
  functions: [
    {
      title: 'Shout',
      name: 'shout',
      description: 'Says it LOUD. '.repeat(12).trim(),
      images: { x86_64: 'a/shout:1', arm64: 'a/shout:1-arm' },
      fprocess: 'tr',
      environment: { A: '1' },
    },
    { title: 'Arm only', name: 'arm', author: 'ada', images: { arm64: 'a/arm:1' } },
  ],
};

test('store list, describe and deploy take the image of the platform', async (t) => {
  await using at = await start();
  await at.project.write({ 'store.json': JSON.stringify(store) });
  at.project.env.OPENFAAS_STORE = at.project.path('store.json');
  const { project, gateway } = at;
  t.is(
    (await project.run(['store', 'list'])).stdout,
    '\nFUNCTION   AUTHOR    DESCRIPTION\nshout      unknown   Shout\n\n',
  );
  t.regex((await project.run(['store', 'ls', '-p', 'linux/arm64'])).stdout, /arm +ada +Arm only/);
  t.is(
    (await project.run(['store', 'list', '-p', 'riscv'])).stderr,
    "No functions found in the store for platform 'riscv', try one of the following: arm64, x86_64\n",
  );
  t.regex(
    (await project.run(['store', 'inspect', 'shout'])).stdout,
    /Image: +a\/shout:1\nProcess: +tr\n\nEnvironment:\n- A: 1\n$/,
  );
  t.like(await project.run(['store', 'deploy', 'Shout', '--name', 'loud', '-e', 'B=2']), { code: 0 });
  t.deepEqual(gateway.json('PUT /system/functions'), {
    service: 'loud',
    image: 'a/shout:1',
    envProcess: 'tr',
    envVars: { A: '1', B: '2' },
    labels: null,
    annotations: null,
  });
  t.regex(
    (await project.run(['store', 'deploy', 'shot'])).stderr,
    /no function "shot" in the store; did you mean "shout"\?/,
  );
});

test('store search finds every word in name, title, description or categories', async (t) => {
  await using at = await start();
  await at.project.write({ 'store.json': JSON.stringify(store) });
  at.project.env.OPENFAAS_STORE = at.project.path('store.json');
  const found = async (...words: string[]) =>
    JSON.parse((await at.project.run(['store', 'search', ...words, '-p', 'arm64', '--json'])).stdout).map(
      ({ name }: { name: string }) => name,
    );
  t.deepEqual(await found('LOUD'), ['shout']);
  t.deepEqual(await found('says', 'sho'), ['shout']);
  t.deepEqual(await found('arm'), ['arm']);
  t.like(await at.project.run(['store', 'search', 'nothing-like-it']), {
    code: 1,
    stderr: 'No function of the store matches "nothing-like-it"; see: faas-cli store list\n',
  });
});

test('store deploy builds functions of our own store from source for the embedded engine', async (t) => {
  await using at = await start();
  const { code, stderr } = await at.project.run(['store', 'deploy', 'sha512sum']);
  t.deepEqual([code, stderr], [0, '']);
  t.deepEqual([...at.gateway.images.keys()], ['dunlin/sha512sum:latest']);
  t.is(at.gateway.json('POST /system/functions').service, 'sha512sum');
});

test('a gateway that is not there, answers rubbish or is slow is named', async (t) => {
  await using at = await start();
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

test('an expired token, given or stored, is told to log in', async (t) => {
  await using at = await start();
  const { project, gateway } = at;
  const told = 'Unauthorized access, run "faas-cli login" to setup authentication for this server\n';
  gateway.functions.set('hello', { service: 'hello' });
  for (const command of [['list'], ['describe', 'hello'], ['remove', 'hello'], ['secret', 'list'], ['version']])
    t.deepEqual(
      await project.run([...command, '-k', 'expired']).then(({ code, stderr }) => ({ code, stderr })),
      { code: 1, stderr: told },
      command.join(' '),
    );
  await project.write({
    '.config/config.yml': `auths: [{ gateway: "${gateway.url}", auth: oauth2, token: expired }]`,
  });
  t.like(await project.run(['list']), { code: 1, stderr: told });
});

test('a gateway that says it in text, as OpenFaaS does, is quoted', async (t) => {
  await using at = await start();
  at.gateway.answers.set('GET /system/functions', (_request, response) => response.writeHead(500).end('no way\n'));
  t.deepEqual(await at.project.run(['list']), { code: 1, stdout: '', stderr: 'No way\n' });
  at.gateway.answers.set('GET /system/functions', (_request, response) =>
    problem(response, new FaasError('provider_unavailable', 'the engine is away')),
  );
  t.like(await at.project.run(['list']), { stderr: 'The engine is away\n' });
});
