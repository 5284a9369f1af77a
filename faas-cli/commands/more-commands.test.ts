import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import test from 'ava';
import { parse, parseAllDocuments } from 'yaml';
import { loggedInProject } from '../testing/logged-in-project.ts';
import { Project, root, stackOf, tinyProject } from '../testing/project.ts';

test('diff shows what differs by field, and exits with 1 then', async (t) => {
  await using at = await loggedInProject();
  t.deepEqual(await at.project.run(['diff']), {
    code: 1,
    stdout: '--- deployed: hello\n+++ stack.yaml: hello\n+ (not deployed)\n\n',
    stderr: 'Differences found\n',
  });
  at.gateway.functions.set('hello', {
    service: 'hello',
    image: 'hello:latest',
    labels: { faas_function: 'hello' },
    envVars: { R: '1' },
  });
  t.deepEqual(await at.project.run(['diff']), { code: 0, stdout: '', stderr: '' });
  t.regex((await at.project.run(['diff', '--env', 'all'])).stdout, /\n- environment\.R: 1\n/);
  await at.project.write({
    'stack.yaml': stackOf(at.gateway.url, '    limits: { memory: 64Mi }\n').replace('hello:latest', 'hello:2'),
  });
  t.is(
    (await at.project.run(['diff'])).stdout,
    '--- deployed: hello\n+++ stack.yaml: hello\n- image: hello:latest\n+ image: hello:2\n+ limits.memory: 64Mi\n\n',
  );
});

test('generate prints a Function or a Knative service for each function, by name', async (t) => {
  await using project = await Project.create({
    'stack.yaml': stackOf(
      'http://g',
      '    fprocess: cat\n    secrets: [key]\n    environment: { B: "2" }\n  a: { image: a, namespace: staging }\n',
    ),
  });
  const documents = parseAllDocuments((await project.run(['generate'])).stdout).map((document) => document.toJS());
  t.deepEqual(documents, [
    {
      apiVersion: 'openfaas.com/v1',
      kind: 'Function',
      metadata: { name: 'a', namespace: 'staging' },
      spec: { name: 'a', image: 'a' },
    },
    {
      apiVersion: 'openfaas.com/v1',
      kind: 'Function',
      metadata: { name: 'hello', namespace: 'openfaas-fn' },
      spec: { name: 'hello', image: 'hello:latest', environment: { B: '2', fprocess: 'cat' }, secrets: ['key'] },
    },
  ]);
  const service = parse(
    (await project.run(['generate', '--api', 'serving.knative.dev/v1', '--filter', 'hello'])).stdout,
  );
  const [container] = service.spec.template.spec.containers;
  t.deepEqual(container.env, [
    { name: 'B', value: '2' },
    { name: 'fprocess', value: 'cat' },
  ]);
  t.is(container.volumeMounts[0].mountPath, '/var/openfaas/secrets/key');
  t.deepEqual(service.spec.template.spec.volumes, [{ name: 'key', secret: { secretName: 'key' } }]);
  t.regex((await project.run(['generate', '--api', 'v2'])).stderr, /^--api must be openfaas\.com\/v1 or/);
});

test('doctor finds what is wrong with gateway, credentials, clock, functions and stack file, and says what to do', async (t) => {
  await using at = await loggedInProject();
  const { project, gateway } = at;
  const states = async () => {
    const { code, stdout } = await project.run(['doctor', '--json', '-g', gateway.url]);
    const findings = JSON.parse(stdout) as { check: string; state: string; remedy?: string }[];
    t.true(findings.every(({ state, remedy }) => state === 'ok' || remedy !== undefined));
    return [code, ...findings.filter(({ state }) => state !== 'ok').map(({ check }) => check)];
  };
  t.deepEqual(await states(), [0]);
  gateway.answers.set('GET /healthz', (_request, response) =>
    response.writeHead(200, { date: 'Thu, 01 Jan 2026 00:00:00 GMT' }).end(),
  );
  t.deepEqual(await states(), [0, 'clock']);
  gateway.answers.set('GET /system/functions', (_request, response) => {
    const failure = { code: 'replica_crashed', message: 'it exited', at: '2026-01-01T00:00:00Z' };
    response.end(JSON.stringify([{ name: 'bad', replicas: 1, failure }]));
  });
  t.deepEqual(await states(), [1, 'clock', 'functions']);
  gateway.password = 'changed';
  await project.write({ 'stack.yaml': 'functions: [' });
  t.deepEqual(await states(), [1, 'stack file', 'clock', 'credentials']);
  const away = await project.run(['doctor', '-g', 'http://127.0.0.1:1']);
  t.regex(away.stdout, /problem +gateway +cannot connect to http:\/\/127\.0\.0\.1:1/);
  t.is(away.stderr, '2 problems found\n');
});

test('local-run answers on a port until Ctrl-C, with variables and secrets, and leaves nothing', async (t) => {
  await using project = await Project.create({
    ...tinyProject('http://g'),
    'stack.yaml': stackOf('http://g', '    secrets: [key]\n    environment: { GREETING: hi }\n'),
    'hello/handler.sh': 'read name; echo "$GREETING $name $(cat "$secrets_path/key") $EXTRA"\n',
    '.secrets/key': 'secret',
  });
  const controller = new AbortController();
  const running = new Promise<string>((resolve) => {
    void project
      .run(['local-run', 'hello', '-p', '0', '-e', 'EXTRA=more'], {
        signal: controller.signal,
        onStdout: (text) => {
          const url = /Running hello on (\S+);/.exec(text)?.[1];
          if (url) resolve(url);
        },
      })
      .then(({ stderr }) => resolve(stderr));
  });
  const url = await running;
  t.regex(url, /^http:/);
  const answer = async (): Promise<string> => {
    // The port is taken a moment after the line is printed.
    const response = await fetch(url, { method: 'POST', body: 'Ada\n' }).catch(() => undefined);
    return response ? response.text() : answer();
  };
  t.is(await answer(), 'hi Ada secret more\n');
  controller.abort();
  const closed = async (): Promise<boolean> =>
    fetch(url).then(
      () => closed(),
      () => true,
    );
  t.true(await closed());
  t.regex(
    (await project.run(['local-run', 'helo'])).stderr,
    /no function "helo" in stack\.yaml; did you mean "hello"\?/,
  );
});

test('local-run and dev on a port that is taken say so before anything is started, and name --port', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  await using project = await Project.create(tinyProject('http://g'));
  for (const argv of [['local-run', 'hello'], ['dev']]) {
    const { code, stdout, stderr } = await project.run([...argv, '--port', `${port}`], {
      surroundings: { checkout: root },
    });
    t.is(code, 1);
    t.notRegex(stdout, /Running/);
    t.is(
      stderr,
      `Port ${port} is taken by another program ("ss -ltnp sport = :${port}" names it); choose another with --port, 0 is a free one\n`,
    );
  }
});

test('local-run needs a file for each secret', async (t) => {
  await using project = await Project.create({
    ...tinyProject('http://g'),
    'stack.yaml': stackOf('http://g', '    secrets: [key]\n'),
  });
  t.regex((await project.run(['local-run'])).stderr, /^Secret key has no file \.secrets\/key/);
});
