import { createHmac } from 'node:crypto';
import test from 'ava';
import { FaasError } from '../../common/errors.ts';
import { loggedInProject } from '../testing/logged-in-project.ts';
import { problem } from '../testing/recording-gateway.ts';

test('invoke tells a failure with title, detail, call id and log lines, and exits with 1', async (t) => {
  await using at = await loggedInProject();
  at.gateway.answers.set('POST /function/hello.openfaas-fn', (_request, response) => {
    const error = new FaasError('replica_crashed', 'it exited with 3', { extra: { lastLogLines: ['boom'] } });
    response.setHeader('x-call-id', 'abc');
    problem(response, error);
  });
  const { code, stdout, stderr } = await at.project.run(['invoke', 'hello']);
  t.deepEqual([code, stdout], [1, '']);
  t.is(
    stderr,
    'Server returned unexpected status code: 502 - Replica crashed: it exited with 3\ncall id: abc\nlast log lines:\n  boom\n',
  );
});

test('invoke prints what the function itself answered beside its status', async (t) => {
  await using at = await loggedInProject();
  at.gateway.answers.set('POST /function/hello.openfaas-fn', (_request, response) =>
    response.writeHead(418).end('short and stout\n'),
  );
  const { code, stderr } = await at.project.run(['invoke', 'hello']);
  t.deepEqual([code, stderr], [1, 'Server returned unexpected status code: 418 - short and stout\n']);
});

test("invoke says where to look when all that came is the platform's word", async (t) => {
  await using at = await loggedInProject();
  at.gateway.answers.set('POST /function/hello.openfaas-fn', (_request, response) =>
    response.writeHead(500, { 'x-dunlin-error': 'function_failed' }).end('exit status 2'),
  );
  const { stderr } = await at.project.run(['invoke', 'hello']);
  t.is(stderr, 'Server returned unexpected status code: 500 - exit status 2\nsee: faas-cli logs hello\n');
});

test('invoke shows the answer as it comes, and fails when it is cut', async (t) => {
  await using at = await loggedInProject();
  let cut: () => void = () => {};
  at.gateway.answers.set('POST /function/hello.openfaas-fn', (_request, response) => {
    response.write('first ');
    cut = () => response.destroy();
  });
  const { code, stdout, stderr } = await at.project.run(['invoke', 'hello'], { onStdout: () => cut() });
  t.deepEqual([code, stdout], [1, 'first ']);
  t.is(stderr, 'The answer was cut off before its end; see: faas-cli logs hello\n');
});

test('invoke signs the body, sends methods without one, and queues', async (t) => {
  await using at = await loggedInProject();
  at.gateway.answers.set('POST /async-function/hello.staging', (_request, response) =>
    response.writeHead(202, { 'x-call-id': 'q1' }).end(),
  );
  const queued = await at.project.run(
    ['invoke', 'hello', '-n', 'staging', '--async', '--sign', 'X-Hub-Signature', '--key', 'k', '--auth'],
    { input: 'body' },
  );
  t.deepEqual(queued, { code: 0, stdout: '', stderr: 'Function submitted asynchronously.\nCall id: q1\n' });
  const { headers } = at.gateway.requests[0]!;
  const signature = createHmac('sha256', 'k').update('body').digest('hex');
  t.is(headers['x-hub-signature'], `sha256=${signature}`);
  t.regex(headers.authorization!, /^Basic /);
  at.gateway.functions.set('hello', { service: 'hello' });
  t.like(await at.project.run(['invoke', 'hello', '-m', 'get']), { code: 0 });
  t.is(at.gateway.lines.at(-1), 'GET /function/hello.openfaas-fn');
});

test('invoke --async says of a gateway without queue that it has none', async (t) => {
  await using at = await loggedInProject();
  at.gateway.answers.set('POST /async-function/hello.openfaas-fn', (_request, response) => {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n');
  });
  const { code, stderr } = await at.project.run(['invoke', 'hello', '--async'], { input: '' });
  t.deepEqual([code, stderr], [1, 'The gateway takes no asynchronous calls; leave out --async\n']);
});

test('a large body is streamed to the function', async (t) => {
  await using at = await loggedInProject();
  at.gateway.functions.set('hello', { service: 'hello' });
  const input = 'x'.repeat(9 * 1024 * 1024);
  const { code, stdout } = await at.project.run(['invoke', 'hello'], { input });
  t.is(code, 0);
  t.is(stdout.length, input.length);
});
