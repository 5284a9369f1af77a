import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { type Env, FUNCTIONS, RUNTIMES, Running, start, test } from './harness.ts';

const handler = (file: string): Env => ({ mode: 'module', handler: join(FUNCTIONS, file) });

for (const [runtime, command] of Object.entries(RUNTIMES)) {
  const named = (title: string): string => `module, ${runtime}: ${title}`;

  test(named('an answer that cannot be written, or an error that cannot be shown, is a 500 of one call'), async (t) => {
    const w = await start(t, command, handler('odd-handler.mjs'));
    for (const [path, detail] of [
      ['/bad-header', /X-Bad.*has a character that no header may have/],
      ['/no-text', /something was thrown that has no text/],
      ['/no-stack', /odd/],
    ] as const) {
      const answer = await w.call({ path });
      t.is(answer.status, 500, path);
      t.regex(answer.body, detail);
      t.is(answer.headers['x-other'], undefined);
    }
    t.is((await w.call({ path: '/fine' })).body, 'fine');
  });

  test(named('a stream that fails before its first piece is a 500, one that is late for it a 504'), async (t) => {
    const w = await start(t, command, handler('odd-handler.mjs'));
    const broken = await w.call({ path: '/broken-at-once' });
    t.is(broken.status, 500);
    t.like(JSON.parse(broken.body), { code: 'function_failed', detail: 'the first piece failed' });
    const late = await w.call({ path: '/late-stream', headers: { 'X-Timeout': '100ms' } });
    t.is(late.status, 504);
    await w.line(/the stream goes on/);
    t.is((await w.call({ path: '/fine' })).body, 'fine');
  });

  test(named('a Response of fetch is passed on as it was decoded; one that was used before is a 500'), async (t) => {
    const origin = createServer((_req, res) => {
      const body = gzipSync('unpacked '.repeat(100));
      res.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Length': body.length, 'X-Own': 'yes' }).end(body);
    });
    await once(origin.listen(0, '127.0.0.1'), 'listening');
    t.teardown(() => origin.close());
    const { port } = origin.address() as AddressInfo;
    const w = await start(t, command, { ...handler('odd-handler.mjs'), FETCHED: `http://127.0.0.1:${port}/` });
    const answer = await w.call({ path: '/fetched' });
    t.false(answer.cut);
    t.is(answer.body, 'unpacked '.repeat(100));
    t.is(answer.headers['x-own'], 'yes');
    t.is(answer.headers['content-encoding'], undefined);
    t.is((await w.call({ path: '/made-once' })).body, 'made once');
    const again = await w.call({ path: '/made-once' });
    t.is(again.status, 500);
    t.regex(again.body, /The Response was used before/);
  });

  test(named("the URL of a Request has the caller's Host and path, whatever they look like"), async (t) => {
    const w = await start(t, command, handler('fetch-handler.mjs'));
    t.is((await w.call({ path: '//other.test/x' })).headers['x-seen'], 'GET //other.test/x');
    t.is((await w.call({ method: 'PROPFIND', path: '/x' })).headers['x-seen'], 'PROPFIND /x');
    const port = await w.port();
    const withHost = async (host: string): Promise<string> => {
      const socket = connect(port, '127.0.0.1').setEncoding('latin1');
      socket.write(`GET /x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      return text(socket);
    };
    t.regex(await withHost(''), /^HTTP\/1\.1 200 .*x-seen: GET \/x\r\n/is);
    for (const host of ['a/admin?', 'a b', 'a:99999', '[::1']) t.regex(await withHost(host), /^HTTP\/1\.1 400 /, host);
  });
}

// Node does not tell the place to the program.
test('module, executable: a fault in a source that is imported is told with its place', async (t) => {
  const w = new Running(t, RUNTIMES.executable!, {});
  const { temp } = w;
  await w.exited;
  mkdirSync(temp, { recursive: true });
  writeFileSync(join(temp, 'handler.mjs'), "import './faulty.mjs';\nexport default () => 1;\n");
  const told = async (source: string): Promise<string> => {
    writeFileSync(join(temp, 'faulty.mjs'), source);
    const failing = new Running(t, RUNTIMES.executable!, { mode: 'module', handler: join(temp, 'handler.mjs') });
    t.is((await failing.exited).code, 1);
    return failing.log;
  };
  t.regex(await told('const a = 1;\nconst b = = 2;\n'), /faulty\.mjs:2/);
  t.regex(await told('const a = 1;\nconst b = = 2;\nconst b = 3;\nconst b = 4;\n'), /faulty\.mjs:[23]/);
});
