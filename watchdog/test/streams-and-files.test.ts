import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type Env, RUNTIMES, Running, start, test } from './harness.ts';

const script = (mode: string, text: string): Env => ({ mode, fprocess: `sh -c "${text.replace(/["$\\`]/g, '\\$&')}"` });

for (const [runtime, command] of Object.entries(RUNTIMES)) {
  const named = (mode: string, title: string): string => `${mode}, ${runtime}: ${title}`;

  test(named('serializing', 'stdout is the answer, stderr is logged, the type is content_type'), async (t) => {
    const w = await start(t, command, script('serializing', 'cat; echo complaint >&2'));
    const answer = await w.call({ method: 'POST', body: 'hello' });
    t.is(answer.status, 200);
    t.is(answer.body, 'hello');
    t.is(answer.headers['content-type'], 'application/octet-stream');
    t.truthy(answer.headers['x-duration-seconds']);
    await w.line(/stderr: complaint\n/);
    await w.line(/POST \/ - 200 OK - ContentLength: 5B \(\d\.\d{4}s\)\n/);
  });

  test(named('serializing', 'a failure or an overrun is a 500 with the reason'), async (t) => {
    const failing = await start(t, command, script('serializing', 'exit 2'));
    const failed = await failing.call();
    t.deepEqual([failed.status, failed.body], [500, 'exit status 2']);
    await failing.line(/GET \/ - 500 Internal Server Error/);
    const slow = await start(t, command, { ...script('serializing', 'sleep 60 & sleep 60'), exec_timeout: '200ms' });
    const late = await slow.call();
    t.deepEqual([late.status, late.body], [500, 'signal: killed']);
    t.is(late.headers['x-dunlin-error'], 'exec_timeout');
    t.deepEqual(await slow.left(), []);
  });

  test(named('serializing', 'a process that reads no input is no failure'), async (t) => {
    const w = await start(t, command, { mode: 'serializing', fprocess: 'echo fine' });
    for (let i = 0; i < 5; i++) {
      const answer = await w.call({ method: 'POST', body: Buffer.alloc(500_000) });
      t.deepEqual([answer.status, answer.body], [200, 'fine\n']);
    }
  });

  test(named('serializing', 'the environment has the request, but neither host nor the other spelling'), async (t) => {
    const w = await start(t, command, { mode: 'serializing', fprocess: 'env' });
    const { body } = await w.call({ method: 'POST', path: '/a?b=c', body: 'hello' });
    for (const line of ['Http_Method=POST', 'Http_Path=/a', 'Http_Query=b=c', 'Http_Content_Length=5'])
      t.true(body.split('\n').includes(line), line);
    t.notRegex(body, /Http_Host|Http_ContentLength/);
  });

  test(named('streaming', 'output comes while the process still runs'), async (t) => {
    const w = await start(t, command, script('streaming', 'echo first; read line; echo "then $line"'));
    const req = request({ port: await w.port(), method: 'POST', agent: false });
    req.flushHeaders();
    const [answer] = (await once(req, 'response')) as [IncomingMessage];
    t.is(String((await once(answer, 'data'))[0]), 'first\n');
    req.end('more\n');
    t.is(String((await once(answer, 'data'))[0]), 'then more\n');
    t.is(answer.headers['content-type'], 'application/octet-stream');
    t.is(answer.headers['x-duration-seconds'], undefined);
  });

  test(named('streaming', 'a chunked body of 10 MB through cat is whole'), async (t) => {
    const w = await start(t, command, { mode: 'streaming', fprocess: 'cat' });
    const chunk = Buffer.alloc(100_000, 'dunlin');
    const answer = await w.call({ method: 'POST', body: Readable.from(new Array(100).fill(chunk)) });
    t.is(answer.bytes.length, 10_000_000);
    t.false(answer.cut);
  });

  test(named('streaming', 'a failure before the first byte is a 500'), async (t) => {
    const failing = await start(t, command, script('streaming', 'exit 3'));
    const failed = await failing.call();
    t.deepEqual([failed.status, failed.body], [500, 'exit status 3']);
    const missing = await start(t, command, { mode: 'streaming', fprocess: './not-there' });
    t.is((await missing.call()).status, 500);
  });

  test(
    named('streaming', 'a failure after it cuts the connection, or is a trailer for who takes trailers'),
    async (t) => {
      const w = await start(t, command, script('streaming', 'echo part; read line; exit 3'));
      const cut = await w.call({ method: 'POST', body: 'go\n' });
      t.deepEqual([cut.status, cut.body, cut.cut], [200, 'part\n', true]);
      const told = await w.call({ method: 'POST', body: 'go\n', headers: { TE: 'trailers' } });
      t.deepEqual([told.body, told.cut], ['part\n', false]);
      t.is(told.trailers['x-dunlin-error'], 'function_failed');
      t.is(told.trailers['x-dunlin-detail'], 'exit status 3');
    },
  );

  test(named('streaming', 'an overrun is cut, or hidden with hide_failures as in the original'), async (t) => {
    // Long enough for a shell to start on a busy machine: without its first line there would be nothing to cut.
    const slow: Env = { ...script('streaming', 'echo part; sleep 60 & sleep 60'), exec_timeout: '1s' };
    const w = await start(t, command, slow);
    t.true((await w.call()).cut);
    t.deepEqual(await w.left(), []);
    const hiding = await start(t, command, { ...slow, hide_failures: 'true' });
    const hidden = await hiding.call();
    t.deepEqual([hidden.status, hidden.body, hidden.cut], [200, 'part\n', false]);
  });

  for (const mode of ['fork', 'serializing', 'streaming'])
    test(named(mode, 'a call is over in time though a process left the group with its output'), async (t) => {
      const away = 'setsid sh -c "echo away >&2; exec sleep 600" & sleep 600';
      const fprocess = `sh -c 'read what; [ "$what" = wait ] || exit 0; ${away}'`;
      const env = { mode, fprocess, combine_output: 'false', max_inflight: '1' };
      const short = await start(t, command, { ...env, exec_timeout: '1s' });
      t.true((await short.call({ method: 'POST', body: 'wait\n' })).status >= 400);
      const w = await start(t, command, { ...env, exec_timeout: '0' });
      const leaving = new AbortController();
      const call = w.call({ method: 'POST', body: 'wait\n', signal: leaving.signal });
      await w.line(/stderr: away\n/);
      leaving.abort();
      await t.throwsAsync(call);
      while ((await w.call()).status === 429);
      t.is(w.processes().length, 1, 'it lives on');
    });

  test(named('streaming', 'a caller that hangs up ends the process'), async (t) => {
    const w = await start(t, command, { mode: 'streaming', fprocess: 'yes' });
    const req = request({ port: await w.port(), agent: false }).end();
    const [answer] = (await once(req, 'response')) as [IncomingMessage];
    answer.on('error', () => {});
    req.destroy();
    await w.line(/(?:200 OK|499 Client Closed Request) - ContentLength/);
    w.signal('SIGTERM');
    await w.exited;
    t.deepEqual(await w.left(), []);
  });

  test(named('static', 'files, folders, index pages and what is not there'), async (t) => {
    const { temp } = new Running(t, ['true'], {});
    const root = join(temp, 'public');
    mkdirSync(join(root, 'folder/with index'), { recursive: true });
    writeFileSync(join(root, 'page.html'), '<p>page');
    writeFileSync(join(root, 'a & b.bin'), Buffer.alloc(10, 'x'));
    writeFileSync(join(root, 'folder/with index/index.html'), 'the index');
    writeFileSync(join(root, 'LICENSE'), 'free');
    writeFileSync(join(root, 'unseen'), 'own', { mode: 0o000 });
    writeFileSync(join(temp, 'outside.txt'), 'secret');
    symlinkSync('page.html', join(root, 'folder/link'));
    const w = await start(t, command, { mode: 'static', static_path: root });
    const page = await w.call({ path: '/page.html' });
    t.deepEqual([page.status, page.body, page.headers['content-type']], [200, '<p>page', 'text/html; charset=utf-8']);
    t.is(page.headers['content-length'], '7');
    const list = await w.call();
    t.regex(list.body, /<a href="\.\/a%20%26%20b\.bin">a &amp; b\.bin<\/a>\n<a href="\.\/folder\/">folder\/<\/a>/);
    t.is((await w.call({ path: '/folder/with%20index/' })).body, 'the index');
    for (const [path, location] of [
      ['/folder', 'folder/'],
      ['/page.html/', '../page.html'],
      ['/folder/with%20index/index.html', './'],
      ['/index.html', './'],
    ] as const) {
      const moved = await w.call({ path });
      t.deepEqual([moved.status, moved.headers.location], [301, location], path);
    }
    const missing = await w.call({ path: '/none' });
    t.deepEqual([missing.status, missing.body], [404, '404 page not found\n']);
    for (const path of ['/../outside.txt', '/%2e%2e/outside.txt', '/folder/..%2f..%2foutside.txt']) {
      const answer = await w.call({ path });
      t.is(answer.status, 400, path);
      t.notRegex(answer.body, /secret/);
    }
    const head = await w.call({ method: 'HEAD', path: '/page.html' });
    t.deepEqual([head.headers['content-length'], head.body], ['7', '']);
    const part = await w.call({ path: '/page.html', headers: { Range: 'bytes=3-' } });
    t.deepEqual([part.status, part.body, part.headers['content-range']], [206, 'page', 'bytes 3-6/7']);
    t.is((await w.call({ path: '/page.html', headers: { Range: 'bytes=9-' } })).status, 416);
    t.is((await w.call({ path: '/LICENSE' })).headers['content-type'], 'text/plain; charset=utf-8');
    const unseen = await w.call({ path: '/unseen' });
    // Root sees all.
    t.deepEqual([unseen.status, unseen.body], process.getuid!() === 0 ? [200, 'own'] : [403, '403 Forbidden\n']);
    const since = { 'If-Modified-Since': page.headers['last-modified']! };
    t.is((await w.call({ path: '/page.html', headers: since })).status, 304);
  });

  test(named('static', 'a folder that is not there stops the start'), async (t) => {
    const w = new Running(t, command, { mode: 'static', static_path: '/not/there' });
    t.is((await w.exited).code, 1);
    t.regex(w.log, /static_path: \/not\/there is no folder\n/);
  });
}
