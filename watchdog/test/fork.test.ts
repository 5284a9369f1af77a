import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { RUNTIMES, start, test } from './harness.ts';

const script = (text: string): { fprocess: string } => ({ fprocess: `sh -c "${text.replace(/["$\\`]/g, '\\$&')}"` });

for (const [runtime, command] of Object.entries(RUNTIMES)) {
  const named = (title: string): string => `fork, ${runtime}: ${title}`;

  test(named('the output of the process is the answer, with type and duration'), async (t) => {
    const w = await start(t, command, { fprocess: 'cat' });
    const answer = await w.call({ method: 'POST', body: 'hello', headers: { 'Content-Type': 'text/x-own' } });
    t.is(answer.status, 200);
    t.is(answer.body, 'hello');
    t.is(answer.headers['content-type'], 'text/x-own');
    t.is(answer.headers['content-length'], '5');
    t.regex(answer.headers['x-duration-seconds'] as string, /^\d+\.\d{6}$/);
    await w.line(/\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d Forking fprocess\.\n/);
    await w.line(/Wrote 5 Bytes - Duration: \d+\.\d{6}s\n/);
  });

  test(named('the type is guessed without one, set by content_type, and absent for an empty answer'), async (t) => {
    const guessing = await start(t, command, { fprocess: 'cat' });
    t.is((await guessing.call({ method: 'POST', body: '<html>' })).headers['content-type'], 'text/html; charset=utf-8');
    t.is((await guessing.call({ method: 'POST', body: 'hi' })).headers['content-type'], 'text/plain; charset=utf-8');
    t.is((await guessing.call({ method: 'POST', body: '' })).headers['content-type'], undefined);
    const set = await start(t, command, { fprocess: 'cat', content_type: 'image/own' });
    t.is((await set.call({ method: 'POST', body: 'hi' })).headers['content-type'], 'image/own');
  });

  test(named('the request is in the environment'), async (t) => {
    const w = await start(t, command, { fprocess: 'env' });
    const headers = { 'X-Call-Id': 'abc', 'Content-Type': 'text/plain', Host: 'me.test' };
    const { body } = await w.call({ method: 'PUT', path: '/a%20b//c?x=1&y=%20', headers, body: 'hello' });
    for (const line of [
      'Http_Method=PUT',
      'Http_Path=/a b//c',
      'Http_Query=x=1&y=%20',
      'Http_X_Call_Id=abc',
      'Http_Content_Type=text/plain',
      'Http_Content_Length=5',
      'Http_ContentLength=5',
      'Http_Host=me.test',
    ])
      t.true(body.split('\n').includes(line), `${line} in\n${body}`);
    const chunked = await w.call({ method: 'POST', body: Readable.from([Buffer.from('a')]) });
    t.regex(chunked.body, /^Http_ContentLength=-1$/m);
    t.regex(chunked.body, /^Http_Content_Length=-1$/m);
    t.regex(chunked.body, /^Http_Transfer_Encoding=chunked$/m);
  });

  test(named('cgi_headers=false leaves the environment alone'), async (t) => {
    const w = await start(t, command, { fprocess: 'env', cgi_headers: 'false' });
    t.notRegex((await w.call()).body, /Http_/);
  });

  test(named('HEAD and OPTIONS are 405; GET, PUT, PATCH and DELETE are calls'), async (t) => {
    const w = await start(t, command, { fprocess: 'cat' });
    for (const method of ['HEAD', 'OPTIONS']) t.is((await w.call({ method })).status, 405);
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) t.is((await w.call({ method })).status, 200);
  });

  test(named('a process that fails is a 500 with its exit status and output'), async (t) => {
    const w = await start(t, command, script('echo out; exit 3'));
    const answer = await w.call();
    t.is(answer.status, 500);
    t.is(answer.body, 'exit status 3\nout\n');
    t.is(answer.headers['x-dunlin-error'], 'function_failed');
  });

  test(named('a process that is killed is a 500 that names the signal'), async (t) => {
    const w = await start(t, command, script('kill -9 $$'));
    const answer = await w.call();
    t.is(answer.status, 500);
    t.is(answer.body, 'signal: killed\n');
  });

  test(named('a command that is missing is a 500 with the reason'), async (t) => {
    const w = await start(t, command, { fprocess: './not-there' });
    const answer = await w.call();
    t.is(answer.status, 500);
    t.is(answer.body, 'fork/exec ./not-there: no such file or directory\n');
  });

  test(named('exec_timeout ends the whole group and is a 408'), async (t) => {
    const w = await start(t, command, { ...script('sleep 60 & sleep 60'), exec_timeout: '200ms' });
    const answer = await w.call();
    t.is(answer.status, 408);
    t.is(answer.body, 'Killed process.\n');
    t.is(answer.headers['x-dunlin-error'], 'exec_timeout');
    t.deepEqual(await w.left(), []);
  });

  test(named('a caller that hangs up ends the process'), async (t) => {
    const w = await start(t, command, script('echo started >/proc/self/fd/1; sleep 60'));
    const leaving = new AbortController();
    const call = w.call({ signal: leaving.signal });
    await w.line(/Forking fprocess/);
    leaving.abort();
    await t.throwsAsync(call);
    await w.line(/the caller hung up/);
    t.deepEqual(await w.left(), []);
  });

  test(named('stderr is part of the answer, or in the log with combine_output=false'), async (t) => {
    const both = await start(t, command, script('echo out; echo err >&2'));
    t.deepEqual((await both.call()).body.trim().split('\n').sort(), ['err', 'out']);
    const apart = await start(t, command, {
      ...script('i=0; while [ $i -lt 2000 ]; do echo line $i >&2; i=$((i+1)); done; echo out'),
      combine_output: 'false',
    });
    t.is((await apart.call()).body, 'out\n');
    await apart.line(/stderr: line 1999\n/);
    t.is(apart.log.match(/stderr: line \d+\n/g)?.length, 2000);
  });

  test(named('a process that reads no input answers all the same'), async (t) => {
    const w = await start(t, command, { fprocess: 'echo fine' });
    const answer = await w.call({ method: 'POST', body: Buffer.alloc(8 * 1024 * 1024) });
    t.is(answer.status, 200);
    t.is(answer.body, 'fine\n');
  });

  test(named('a large body goes through whole'), async (t) => {
    const w = await start(t, command, { fprocess: 'sha256sum' });
    const body = Buffer.alloc(20 * 1024 * 1024, 'dunlin');
    const expected = (await crypto.subtle.digest('SHA-256', body)) as ArrayBuffer;
    t.true((await w.call({ method: 'POST', body })).body.startsWith(Buffer.from(expected).toString('hex')));
  });

  test(named('output over max_response_size is a 500 that says what to raise'), async (t) => {
    const w = await start(t, command, { fprocess: 'yes', max_response_size: '1Mi' });
    const answer = await w.call();
    t.is(answer.status, 500);
    t.like(JSON.parse(answer.body), { code: 'response_too_large' });
    t.regex(answer.body, /max_response_size.*streaming/);
    t.deepEqual(await w.left(), []);
  });

  test(named('marshal_request gives the process header and body as JSON'), async (t) => {
    const w = await start(t, command, { fprocess: 'cat', marshal_request: 'true' });
    const { body } = await w.call({ method: 'POST', body: 'hi', headers: { 'x-own': 'yes' } });
    t.like(JSON.parse(body), { header: { 'X-Own': ['yes'] }, body: { raw: 'aGk=' } });
  });

  test(named('quotes in fprocess are respected'), async (t) => {
    const w = await start(t, command, { fprocess: `printf '%s|' "a b" 'c d' e\\ f` });
    t.is((await w.call()).body, 'a b|c d|e f|');
  });

  test(named('/_/ready is a path of the function'), async (t) => {
    const w = await start(t, command, { fprocess: 'echo function' });
    t.is((await w.call({ path: '/_/ready' })).body, 'function\n');
  });

  test(named('write_debug and debug_headers log what they say'), async (t) => {
    const w = await start(t, command, { fprocess: 'cat', write_debug: 'true', debug_headers: 'true' });
    await w.call({ method: 'POST', body: 'the body', headers: { 'X-Own': 'yes' } });
    await w.line(/X-Own: yes\n/);
    await w.line(/the body\n/);
    await t.notThrowsAsync(w.line(/\d Duration: \d+\.\d{6}s\n/));
  });

  test(named('log_callid ends the lines of a call with its id'), async (t) => {
    const w = await start(t, command, { fprocess: 'cat', log_callid: 'true' });
    await w.call({ headers: { 'X-Call-Id': 'abc' } });
    await w.line(/Wrote 0 Bytes - Duration: \S+ \[abc\]\n/);
    await w.call();
    await t.notThrowsAsync(w.line(/Wrote 0 Bytes - Duration: \S+ \[none\]\n/));
  });

  test(named('prefork starts processes ahead, each for one call'), async (t) => {
    const w = await start(t, command, { ...script('read line; echo $$ $line $Http_Method'), prefork: '2' });
    t.is((await w.started(2)).length, 2);
    const first = await w.call({ method: 'POST', body: 'one\n' });
    const second = await w.call({ method: 'POST', body: 'two\n' });
    t.regex(first.body, /^\d+ one\n$/, 'without the variables of a request');
    t.regex(second.body, /^\d+ two\n$/);
    t.not(first.body.split(' ')[0], second.body.split(' ')[0]);
  });

  test(named('a process with a broken interpreter line is a 500'), async (t) => {
    const w = await start(t, command, { fprocess: './program' }, undefined);
    const file = join(w.temp, 'program');
    writeFileSync(file, 'echo\n', { mode: 0o644 });
    const other = await start(t, command, { fprocess: file });
    const answer = await other.call();
    t.is(answer.status, 500);
    t.is(answer.body, `fork/exec ${file}: permission denied\n`);
  });
}
