import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Platform, startPlatform } from '../harness/platform.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';

let platform: Platform;
test.before(async () => {
  platform = await startPlatform();
});
test.after.always(() => platform?.[Symbol.asyncDispose]());
test.afterEach.always('nothing else is disturbed', async (t) => {
  const answer = await platform.call('figlet', { method: 'POST', body: 'Ada' });
  t.is(answer.status, 200, await answer.text());
});

interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly exitCode?: number;
  readonly lastLogLines?: readonly string[];
}

interface Made {
  readonly cwd: string;
  readonly up: { readonly code: number | null; readonly text: string };
}

/** Makes a function from the javascript template with this handler, and brings it up. */
async function up(t: ExecutionContext, name: string, handler: string, extra = ''): Promise<Made> {
  const cwd = await temporaryFolder(t);
  await mkdir(join(cwd, name));
  await writeFile(join(cwd, name, 'handler.js'), handler);
  await writeFile(
    join(cwd, 'stack.yaml'),
    `version: 1.0
provider: {name: openfaas, gateway: "${platform.url}"}
functions:
  ${name}:
    lang: javascript
    handler: ./${name}
    image: ${name}:latest
${extra}`,
  );
  const { code, stdout, stderr } = await platform.cli(['up'], { cwd });
  return { cwd, up: { code, text: stdout + stderr } };
}

async function problem(t: ExecutionContext, answer: Response, status: number, code: string): Promise<Problem> {
  const text = await answer.text();
  t.is(answer.status, status, text);
  t.regex(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
  t.truthy(answer.headers.get('x-openfaas-internal'));
  t.truthy(answer.headers.get('x-call-id'));
  const body = JSON.parse(text) as Problem;
  t.is(body.code, code, text);
  return body;
}

test('a syntax error is shown with file and line by the build, and nothing is deployed', async (t) => {
  const { up: finished } = await up(t, 'syntax', 'export default () => {\n  return "x;\n};\n');
  t.is(finished.code, 1);
  t.regex(finished.text, /handler\.js:2:\d+/);
  t.is((await platform.api('/system/function/syntax')).status, 404);
});

test('a handler that throws on load: up, the answer, describe and the logs all name the error', async (t) => {
  const { up: finished } = await up(t, 'throws', 'throw new Error("no database here");\n');
  t.is(finished.code, 1);
  t.regex(finished.text, /no database here/);
  const body = await problem(t, await platform.call('throws'), 502, 'replica_crashed');
  t.is(body.exitCode, 1);
  t.regex(body.lastLogLines?.join('\n') ?? '', /no database here/);
  t.regex((await platform.cli(['describe', 'throws'])).stdout, /replica_crashed[\s\S]*no database here/);
  t.regex((await platform.cli(['logs', 'throws', '--tail=false'])).stdout, /no database here/);
  t.is((await platform.cli(['remove', 'throws'])).code, 0);
});

test('a handler that never answers is cut off by exec_timeout', async (t) => {
  const environment = '    environment: {exec_timeout: 300ms}\n';
  const made = await up(t, 'never', 'export default () => new Promise(() => {});\n', environment);
  t.is(made.up.code, 0, made.up.text);
  const body = await problem(t, await platform.call('never'), 504, 'exec_timeout');
  t.regex(body.detail, /300 ?ms|0\.3 ?s/);
  t.regex((await platform.cli(['describe', 'never'])).stdout, /exec_timeout/);
  t.regex((await platform.cli(['logs', 'never', '--tail=false'])).stdout, /exec_timeout/);
});

test('a handler that blocks the event loop: 504 with its last lines, and the next call gets a new replica', async (t) => {
  const handler = `export default (event) => {
  if (event.body !== 'block') return 'still here';
  console.log('counting to infinity');
  for (;;);
};
`;
  const made = await up(t, 'blocks', handler, '    environment: {exec_timeout: 500ms}\n');
  t.is(made.up.code, 0, made.up.text);
  const answer = await platform.call('blocks', { method: 'POST', body: 'block' });
  const body = await problem(t, answer, 504, 'handler_blocked');
  t.regex(body.detail, /exec_timeout|event loop/);
  t.regex(body.lastLogLines?.join('\n') ?? '', /counting to infinity/);
  t.regex((await platform.cli(['logs', 'blocks', '--tail=false'])).stdout, /blocked the event loop/);
  const next = await platform.call('blocks', { method: 'POST', body: 'stay' });
  t.is(await next.text(), 'still here');
  const described = await platform.cli(['describe', 'blocks']);
  t.regex(described.stdout, /handler_blocked/, 'the failure is told though the function is well again');
});

test('a handler that exits: the call learns exit code and last lines, the next one is answered', async (t) => {
  const handler = `export default (event) => {
  if (event.body !== 'leave') return 'still here';
  console.log('leaving now');
  process.exit(3);
};
`;
  const made = await up(t, 'exits', handler);
  t.is(made.up.code, 0, made.up.text);
  const body = await problem(
    t,
    await platform.call('exits', { method: 'POST', body: 'leave' }),
    502,
    'replica_crashed',
  );
  t.is(body.exitCode, 3);
  t.regex(body.lastLogLines?.join('\n') ?? '', /leaving now/);
  const next = await platform.call('exits', { method: 'POST', body: 'stay' });
  t.is(await next.text(), 'still here');
});

test('a handler over its memory limit ends as replica_out_of_memory that names the limit', async (t) => {
  const handler = `const kept = [];
export default (event) => {
  while (event.body === 'grow') kept.push(new Uint8Array(1024 * 1024).fill(1));
  return 'small';
};
`;
  const made = await up(t, 'grows', handler, '    limits: {memory: 128Mi}\n');
  t.is(made.up.code, 0, made.up.text);
  const answer = await platform.call('grows', { method: 'POST', body: 'grow' });
  const body = await problem(t, answer, 502, 'replica_out_of_memory');
  t.regex(body.detail, /128Mi/);
  t.is(await (await platform.call('grows')).text(), 'small');
});

test('a handler that logs 100 MB is answered, and its log stays bounded', async (t) => {
  const handler = `const line = 'x'.repeat(99_999);
export default () => {
  for (let i = 0; i < 1000; i++) console.log(line);
  return 'said a lot';
};
`;
  const made = await up(t, 'talks', handler);
  t.is(made.up.code, 0, made.up.text);
  t.is(await (await platform.call('talks')).text(), 'said a lot');
  const { stdout } = await platform.cli(['logs', 'talks', '--tail=false', '--lines', '5']);
  t.true(stdout.length < 1024 * 1024);
});

test('a program that answers 100 MB is stopped with a reason', async (t) => {
  t.is((await platform.cli(['store', 'deploy', 'sha512sum'])).code, 0);
  const { image } = (await (await platform.api('/system/function/sha512sum')).json()) as { image: string };
  const body = { service: 'floods', image, envProcess: 'head -c 100000000 /dev/zero' };
  t.is((await platform.api('/system/functions', { method: 'POST', body })).status, 202);
  const answer = await problem(t, await platform.call('floods'), 500, 'response_too_large');
  t.regex(answer.detail, /max_response_size/);
});

test('a secret that does not exist is named, and nothing is deployed', async (t) => {
  const { up: finished } = await up(t, 'needs', 'export default () => "x";\n', '    secrets: [not-there]\n');
  t.is(finished.code, 1);
  t.regex(finished.text, /not-there/);
  t.is((await platform.api('/system/function/needs')).status, 404);
});

test('a wrong password is told to log in', async (t) => {
  const login = await platform.cli(['login', '--password', 'wrong', '-g', platform.url]);
  t.is(login.code, 1);
  t.regex(login.stderr, /username or password is incorrect/);
  const answer = await fetch(`${platform.url}/system/functions`, { headers: { authorization: 'Basic eDp5' } });
  t.is(answer.status, 401);
  t.is(await answer.text(), 'invalid credentials');
});

test('an unknown function is a 404 problem', async (t) => {
  const body = await problem(t, await platform.call('ghost'), 404, 'function_not_found');
  t.regex(body.detail, /ghost/);
});

test('an upload that is cut or altered changes nothing', async (t) => {
  const digest = `sha256:${'0'.repeat(64)}`;
  const put = (body: string) =>
    fetch(`${platform.url}/system/bundles/${digest}?image=broken:latest`, {
      method: 'PUT',
      headers: { authorization: platform.authorization },
      body,
    });
  const answer = await put('this is no tar');
  t.is(answer.status, 400, await answer.text());
  const bundles = (await (await platform.api('/system/bundles')).json()) as { image: string }[];
  t.false(bundles.some(({ image }) => image === 'broken:latest'));
});
