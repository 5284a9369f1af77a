import test from 'ava';
import { FaasError } from '../../common/errors.ts';
import { loggedInProject } from '../testing/logged-in-project.ts';
import { Project, stackOf, tinyProject } from '../testing/project.ts';
import { problem } from '../testing/recording-gateway.ts';

test('build, push, deploy, invoke and remove speak as the contract says', async (t) => {
  await using at = await loggedInProject();
  const { gateway, project } = at;
  t.like(await project.run(['build']), { code: 0, stderr: '' });
  const pushed = await project.run(['push']);
  t.regex(pushed.stdout, /^\[0\] < Pushing hello \[hello:latest\] done in \d+\.\d\ds\.\n$/);
  const [digest] = gateway.bundles.keys();
  t.deepEqual(gateway.lines, [
    // Each asks what the gateway runs.
    'GET /system/info',
    'GET /system/info',
    `PUT /system/bundles/${digest}?image=hello%3Alatest`,
    `PUT /system/bundles/${digest}?image=hello%3Alatest`,
  ]);
  t.is(gateway.requests[2]!.headers['content-length'], '0');
  t.is(gateway.requests[3]!.headers['content-length'], String(gateway.bundles.get(digest!)!.length));
  const again = await project.run(['push']);
  t.is(again.stdout, '[0] < Pushing hello [hello:latest] is there already.\n');
  t.is(gateway.requests.length, 6);

  const deployed = await project.run(['deploy']);
  t.deepEqual(deployed, {
    code: 0,
    stdout: `Deploying: hello.\n\nDeployed. 202 Accepted.\nURL: ${gateway.url}/function/hello\n\n`,
    stderr: '',
  });
  t.deepEqual(gateway.lines.slice(-2), ['PUT /system/functions', 'POST /system/functions']);
  t.deepEqual(gateway.json('POST /system/functions'), {
    service: 'hello',
    image: 'hello:latest',
    labels: null,
    annotations: null,
  });
  t.regex(gateway.requests.at(-1)!.headers['user-agent']!, /^faas-cli\/\S+ \(openfaas; linux; amd64\)$/);

  const invoked = await project.run(['invoke', 'hello', '--query', 'a=b c', '-H', 'X-One: 1', '-H', 'X-Two=2'], {
    input: 'Ada',
  });
  t.deepEqual(invoked, { code: 0, stdout: 'Ada', stderr: '' });
  const call = gateway.requests.at(-1)!;
  t.is(`${call.method} ${call.url}`, 'POST /function/hello.openfaas-fn?a=b+c');
  t.like(call.headers, { 'content-type': 'text/plain', 'content-length': '3', 'x-one': '1', 'x-two': '2' });
  t.is(call.headers.authorization, undefined);

  const removed = await project.run(['remove']);
  t.deepEqual(removed, { code: 0, stdout: 'Deleting: hello.\nRemoving old function.\n', stderr: '' });
  t.deepEqual(gateway.json('DELETE /system/functions'), { functionName: 'hello' });
  const gone = await project.run(['remove', 'hello', '-n', 'staging']);
  t.like(gone, { code: 1, stdout: 'Deleting: hello.staging\n' });
  t.regex(gone.stderr, /^No existing function to remove: hello\. There is no function hello\n$/);
});

test('up builds, pushes, deploys and asks until the function is ready', async (t) => {
  await using at = await loggedInProject();
  const { code, stdout } = await at.project.run(['up']);
  t.is(code, 0);
  t.regex(stdout, /Building hello\.\n.*Pushing hello .*Deployed\. 202 Accepted\./s);
  t.is(at.gateway.lines.at(-1), 'GET /system/function/hello');
});

test('up says why a function does not start, with its last log lines, and exits with 1', async (t) => {
  await using at = await loggedInProject();
  at.gateway.answers.set('GET /system/function/hello', (_request, response) => {
    const failure = {
      code: 'replica_crashed',
      message: 'it exited',
      exitCode: 3,
      lastLogLines: ['one', 'two'],
      at: '2026-01-01T00:00:00Z',
    };
    // A replica of the former revision still answers.
    response.end(JSON.stringify({ name: 'hello', replicas: 1, availableReplicas: 1, updatedReplicas: 0, failure }));
  });
  const { code, stderr } = await at.project.run(['up']);
  t.is(code, 1);
  t.is(stderr, 'Function hello does not start: it exited\nlast log lines:\n  one\n  two\n');
});

const stackWith = (url: string, functions: string): string =>
  `provider:\n  name: openfaas\n  gateway: ${url}\nfunctions:\n${functions}`;

test('up says of each function that does not start why, and does not hold a ready one for failing', async (t) => {
  const functions = ['bad', 'good', 'worse'];
  await using at = await loggedInProject((url) => ({
    'stack.yaml': stackWith(url, functions.map((name) => `  ${name}:\n    image: ${name}:latest\n`).join('')),
  }));
  for (const name of functions) {
    const failure = { code: 'replica_crashed', message: `${name} exited`, at: '2026-01-01T00:00:00Z' };
    const ofCall = { ...failure, code: 'exec_timeout', callId: 'call-1' };
    const status = { name, replicas: 1, availableReplicas: 1 };
    const ready = name === 'good' ? { updatedReplicas: 1, failure: ofCall } : { updatedReplicas: 0, failure };
    at.gateway.answers.set(`GET /system/function/${name}`, (_request, response) =>
      response.end(JSON.stringify({ ...status, ...ready })),
    );
  }
  const { code, stderr } = await at.project.run(['up']);
  t.deepEqual(
    [code, stderr],
    [1, 'Function bad does not start: bad exited\nFunction worse does not start: worse exited\n'],
  );
});

test('up waits for a ready replica of the current spec, whatever a call met before', async (t) => {
  await using at = await loggedInProject();
  const failure = { code: 'exec_timeout', message: 'a call', callId: 'call-1', at: '2026-01-01T00:00:00Z' };
  let looks = 0;
  at.gateway.answers.set('GET /system/function/hello', (_request, response) => {
    const updatedReplicas = looks++;
    response.end(JSON.stringify({ name: 'hello', replicas: 1, availableReplicas: 1, updatedReplicas, failure }));
  });
  t.like(await at.project.run(['up']), { code: 0, stderr: '' });
  t.is(looks, 2);
});

test('up says of a function at zero replicas that it was not started, since it may fail only at its first call', async (t) => {
  await using at = await loggedInProject();
  at.gateway.answers.set('GET /system/function/hello', (_request, response) => {
    response.end(JSON.stringify({ name: 'hello', replicas: 0, availableReplicas: 0, updatedReplicas: 0 }));
  });
  const { code, stderr } = await at.project.run(['up']);
  t.deepEqual(
    [code, stderr],
    [0, 'Function hello is scaled to zero, so it was not started; its first call does that\n'],
  );
});

test('up says that it waits for a function that is slow to start, once', async (t) => {
  await using at = await loggedInProject();
  let told = false;
  let looks = 0;
  at.gateway.answers.set('GET /system/function/hello', (_request, response) => {
    // Ready some looks after it was said, so that a second time would show.
    const updatedReplicas = told && looks++ === 2 ? 1 : 0;
    response.end(JSON.stringify({ name: 'hello', replicas: 1, availableReplicas: 0, updatedReplicas }));
  });
  const { code, stderr } = await at.project.run(['up'], {
    onStderr: (text) => void (told ||= text.startsWith('Wait')),
  });
  t.deepEqual([code, stderr], [0, 'Waiting until hello is ready, 60 s at most ...\n']);
});

test('build and up refuse a function with a handler and no template, and say what to add', async (t) => {
  await using at = await loggedInProject((url) => ({
    'stack.yaml': stackWith(url, '  hello:\n    handler: ./hello\n    image: hello:latest\n'),
  }));
  for (const command of ['build', 'up']) {
    const { code, stderr } = await at.project.run([command]);
    t.is(code, 1);
    t.regex(stderr, /^Function hello has a handler but no lang; add .*"lang: typescript"/);
  }
});

test('building with a misspelt field warns of it on stderr, once, and goes on', async (t) => {
  await using project = await Project.create(tinyProject('http://127.0.0.1:1'));
  await project.write({ 'stack.yaml': stackOf('http://127.0.0.1:1', '    enviroment: { A: b }\n') });
  const { code, stderr } = await project.run(['build']);
  t.is(code, 0);
  t.regex(stderr, /^stack\.yaml:10:17: functions\.hello\.enviroment is no field .*did you mean "environment"\?\n$/);
});

test('an environment file that is not there is named with the folder', async (t) => {
  await using at = await loggedInProject((url) => ({
    'stack.yaml': stackWith(url, '  hello:\n    image: hello:latest\n    environment_file: [no.env]\n'),
  }));
  const { stderr } = await at.project.run(['deploy']);
  t.is(stderr, `Cannot read the environment file no.env: there is no such file in ${at.project.folder}\n`);
});

test('deploy merges flags over environment files over the stack file', async (t) => {
  await using at = await loggedInProject((url) => ({
    ...tinyProject(url),
    'one.yml': 'environment: { B: file, C: file }\n',
    'two.yml': 'environment: { C: second }\n',
    'stack.yaml': stackOf(
      url,
      `    environment: { A: yaml, B: yaml, D: yaml }
    environment_file: [one.yml, two.yml]
    labels: { l: yaml, k: yaml }
    secrets: [s1]
    constraints: [c1]
    limits: { memory: 64Mi }
    readonly_root_filesystem: true
    namespace: staging
`,
    ),
  }));
  const argv = [
    'deploy',
    '-e',
    'D=flag',
    '-l',
    'l=flag',
    '--secret',
    's2',
    '--constraint',
    'c2',
    '--cpu-limit',
    '100m',
  ];
  const { code, stdout } = await at.project.run([...argv, '--annotation', 'a=b=c', '--fprocess', 'cat']);
  t.is(code, 0);
  t.true(stdout.includes(`URL: ${at.gateway.url}/function/hello.staging\n`));
  t.deepEqual(at.gateway.json('PUT /system/functions'), {
    service: 'hello',
    image: 'hello:latest',
    namespace: 'staging',
    envProcess: 'cat',
    envVars: { A: 'yaml', B: 'file', C: 'second', D: 'flag' },
    constraints: ['c1'],
    secrets: ['s1', 's2'],
    labels: { l: 'flag', k: 'yaml' },
    annotations: { a: 'b=c' },
    limits: { memory: '64Mi', cpu: '100m' },
    readOnlyRootFilesystem: true,
  });
});

test('deploy --replace needs --update=false, and deletes before it creates', async (t) => {
  await using at = await loggedInProject();
  t.like(await at.project.run(['deploy', '--replace']), { code: 1, stdout: '' });
  t.deepEqual(at.gateway.lines, []);
  t.like(await at.project.run(['deploy', '--replace', '--update=false']), { code: 0 });
  t.deepEqual(at.gateway.lines, ['DELETE /system/functions', 'POST /system/functions']);
});

test('deploy tries every function, then fails with each that failed', async (t) => {
  await using at = await loggedInProject();
  await at.project.write({ 'stack.yaml': stackOf(at.gateway.url, '  other:\n    image: other:1\n') });
  at.gateway.answers.set('PUT /system/functions', ({ body }, response) => {
    if (JSON.parse(body.toString()).service === 'other') response.writeHead(200).end();
    else problem(response, new FaasError('secret_not_found', 'there is no secret x'));
  });
  at.gateway.answers.set('POST /system/functions', (_request, response) =>
    problem(response, new FaasError('secret_not_found', 'there is no secret x')),
  );
  const { code, stdout, stderr } = await at.project.run(['deploy']);
  t.is(code, 1);
  t.true(stdout.includes('Deployed. 200 OK.'));
  t.is(
    stderr,
    "Unexpected status: 404, message: there is no secret x\nFunction 'hello' failed to deploy with status code: 404\n",
  );
});

test('push without a build says to build', async (t) => {
  await using at = await loggedInProject();
  const { code, stderr } = await at.project.run(['push']);
  t.is(code, 1);
  t.is(stderr, 'Function hello has not been built: there is no ./build/hello.tar; run: faas-cli build\n');
});
