import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import type { HttpRequest } from '../message.ts';
import { HttpServer, type HttpServerOptions } from './server.ts';

interface Running {
  readonly server: HttpServer;
  /** Sends `pieces`, one a turn, and resolves with all that came until the server closed, or until `until` came. */
  exchange(pieces: readonly string[], until?: RegExp): Promise<string>;
}

async function serve(t: ExecutionContext, options: HttpServerOptions): Promise<Running> {
  const server = new HttpServer(options);
  server.listener.listen(0, '127.0.0.1');
  await once(server.listener, 'listening');
  t.teardown(() => server.destroy());
  const { port } = server.listener.address() as AddressInfo;
  return {
    server,
    async exchange(pieces, until) {
      const socket = connect(port, '127.0.0.1').setEncoding('latin1');
      t.teardown(() => socket.destroy());
      socket.on('error', () => {});
      let received = '';
      const done = new Promise<void>((resolve) => {
        socket.on('close', () => resolve());
        socket.on('data', (text: string) => {
          received += text;
          if (until?.test(received)) resolve();
        });
      });
      for (const piece of pieces) {
        socket.write(piece, 'latin1');
        await new Promise((resolve) => setImmediate(resolve));
      }
      await done;
      return received.replaceAll(/Date: [^\r]*\r\n/g, '');
    },
  };
}

const echo: HttpServerOptions['onRequest'] = (req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => res.end(Buffer.concat([Buffer.from(`${req.method} ${req.url} `), ...chunks])));
};
const HEAD = 'Host: x\r\n';
const CLOSE = `${HEAD}Connection: close\r\n\r\n`;

test('pipelined requests are answered in order, whatever each takes', async (t) => {
  let first: (() => void) | undefined;
  const { exchange } = await serve(t, {
    onRequest: (req, res) => {
      if (req.url === '/1') first = () => res.end('one');
      else res.end(`two, after ${first === undefined ? 'nothing' : 'one'}`);
      setImmediate(() => first?.());
    },
  });
  const received = await exchange([`GET /1 HTTP/1.1\r\n${HEAD}\r\nGET /2 HTTP/1.1\r\n${CLOSE}`]);
  t.is(
    received,
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none' +
      'HTTP/1.1 200 OK\r\nContent-Length: 14\r\nConnection: close\r\n\r\ntwo, after one',
  );
});

test('a body that nobody reads does not become the next request', async (t) => {
  const { exchange } = await serve(t, { onRequest: (req, res) => res.end(req.url) });
  const body = 'GET /bait HTTP/1.1\r\n\r\n';
  const post = `POST /a HTTP/1.1\r\n${HEAD}Content-Length: ${body.length}\r\n\r\n`;
  const received = await exchange([post, body, `GET /b HTTP/1.1\r\n${CLOSE}`]);
  t.deepEqual(received.match(/\/\w+$|\/\w+(?=HTTP)/g), ['/a', '/b']);
});

test('framing: length when all is known, chunks when not, none where there is no body', async (t) => {
  const { exchange } = await serve(t, {
    onRequest: (req, res) => {
      switch (req.url) {
        case '/pieces':
          res.write('one');
          res.addTrailers({ 'X-T': 'yes' });
          res.end('two');
          break;
        case '/204':
          res.writeHead(204, { 'Content-Length': 3, 'Transfer-Encoding': 'chunked' }).end('abc');
          break;
        default:
          res.writeHead(200, ['Content-Length', '3']).end('abc');
      }
    },
  });
  const get = (request: string) =>
    exchange([`${request}\r\n${CLOSE}`]).then((text) => text.slice(text.indexOf('\r\n') + 2));
  t.is(
    await get('GET /pieces HTTP/1.1'),
    'Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\nX-T: yes\r\n\r\n',
  );
  t.is(await get('GET /pieces HTTP/1.0'), 'Connection: close\r\n\r\nonetwo');
  t.is(await get('GET /204 HTTP/1.1'), 'Connection: close\r\n\r\n');
  t.is(await get('HEAD / HTTP/1.1'), 'Content-Length: 3\r\nConnection: close\r\n\r\n');
});

test('an answer longer or shorter than its Content-Length cuts the connection', async (t) => {
  const { exchange } = await serve(t, {
    onRequest: (req, res) => res.writeHead(200, { 'Content-Length': 3 }).end(req.url === '/long' ? 'abcd' : 'ab'),
  });
  t.notRegex(await exchange([`GET /long HTTP/1.1\r\n${HEAD}\r\n`]), /abcd/);
  t.notRegex(await exchange([`GET /short HTTP/1.1\r\n${HEAD}\r\n`]), /abc/);
});

test('headers that would be more than a line are refused', async (t) => {
  const { exchange } = await serve(t, {
    onRequest: (_req, res) => {
      t.throws(() => res.setHeader('X-A', 'a\r\nX-B: b'), { code: 'ERR_INVALID_CHAR' });
      t.throws(() => res.writeHead(200, { 'X A': 'a' }), { code: 'ERR_INVALID_CHAR' });
      res.end();
    },
  });
  t.notRegex(await exchange([`GET / HTTP/1.1\r\n${CLOSE}`]), /X-B/);
});

test('a head that cannot be written leaves nothing behind for the one that follows', async (t) => {
  const { exchange } = await serve(t, {
    onRequest: (_req, res) => {
      const bad = { 'Content-Length': 9, Date: 'now', Trailer: 'X-T', 'X-A': 'a\nb' };
      t.throws(() => res.writeHead(200, bad), { code: 'ERR_INVALID_CHAR' });
      res.writeHead(500).end('bad');
    },
  });
  t.is(
    await exchange([`GET / HTTP/1.1\r\n${CLOSE}`]),
    'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbad',
  );
});

test('a client that waits for 100 gets it when the body is read, and a last answer when it is not', async (t) => {
  const { exchange } = await serve(t, {
    onRequest: (req, res) => (req.url === '/read' ? echo(req, res) : res.writeHead(413).end()),
  });
  const head = `HTTP/1.1\r\n${HEAD}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`;
  t.is(await exchange([`POST /read ${head}`], /\r\n\r\n/), 'HTTP/1.1 100 Continue\r\n\r\n');
  t.regex(await exchange([`POST /refuse ${head}`]), /^HTTP\/1\.1 413 .*Connection: close/s);
});

test('what is no request is refused with its reason, once, and the connection is closed', async (t) => {
  const { exchange } = await serve(t, { onRequest: echo, internal: 'me' });
  const refused = await exchange([`GET / HTTP/1.1\r\n${HEAD}A : b\r\n\r\nGET / HTTP/1.1\r\n${CLOSE}`]);
  t.regex(refused, /^HTTP\/1\.1 400 Bad Request\r\n.*x-openfaas-internal: me.*"code":"invalid_request"/s);
  t.is(refused.match(/HTTP\/1\.1 /g)?.length, 1);
  t.regex(await exchange([`GET / HTTP/1.1\r\n${HEAD}A: ${'a'.repeat(70_000)}`]), /^HTTP\/1\.1 431 /);
  t.regex(await exchange([`GET / HTTP/1.1\r\n${HEAD}Expect: all\r\n\r\n`]), /^HTTP\/1\.1 417 /);
});

test('a request that does not come whole in time is a 408; a connection without one is closed', async (t) => {
  const { exchange } = await serve(t, { onRequest: echo, requestTimeoutMs: 1000 });
  const late = [
    exchange(['GET / HTTP/1.1\r\nHos']),
    exchange([`POST / HTTP/1.1\r\n${HEAD}Content-Length: 9\r\n\r\nhal`]),
    exchange([]),
  ];
  const [inHead, inBody, silent] = await Promise.all(late);
  t.regex(inHead!, /^HTTP\/1\.1 408 /);
  t.regex(inBody!, /^HTTP\/1\.1 408 /);
  t.is(silent, '');
});

test('a client that hangs up closes the answer under way', async (t) => {
  const gone = Promise.withResolvers<boolean>();
  const { server } = await serve(t, {
    onRequest: (_req, res) => {
      res.on('close', () => gone.resolve(res.writableFinished));
      res.write('begun');
    },
  });
  const socket = connect((server.listener.address() as AddressInfo).port, '127.0.0.1');
  socket.write(`GET / HTTP/1.1\r\n${HEAD}\r\n`);
  await once(socket, 'data');
  socket.destroy();
  t.false(await gone.promise);
});

test('a body that is read after its answer, when others have come, is still its own', async (t) => {
  const kept: HttpRequest[] = [];
  const { exchange } = await serve(t, {
    onRequest: (req, res) => {
      kept.push(req);
      res.end();
    },
  });
  const post = (letter: string) =>
    exchange([`POST / HTTP/1.1\r\nContent-Length: 2000\r\n${CLOSE}${letter.repeat(2000)}`]);
  for (const letter of ['a', 'b', 'c']) await post(letter);
  const [first, second, third] = await Promise.all(kept.map((req) => text(req)));
  t.deepEqual([first, second, third], ['a'.repeat(2000), 'b'.repeat(2000), 'c'.repeat(2000)]);
});

test('close() lets an answer under way be finished, as the last one', async (t) => {
  const asked = Promise.withResolvers<() => void>();
  const { server, exchange } = await serve(t, { onRequest: (_req, res) => asked.resolve(() => res.end('done')) });
  const answer = exchange([`GET / HTTP/1.1\r\n${HEAD}\r\n`]);
  const finish = await asked.promise;
  server.close();
  finish();
  t.regex(await answer, /Connection: close\r\n\r\ndone$/);
});

for (const [what, head] of [
  ['refuses', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 25165824\r\nConnection: close\r\n\r\n'],
  ['finds a fault in', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 25165824\r\nX : y\r\n\r\n'],
  ['finds empty lines instead of', '\r\n'.repeat(9)],
] as const)
  test(`a client that reads only after it has sent all gets the answer of a server that ${what} its request`, async (t) => {
    const { server } = await serve(t, { onRequest: (_req, res) => res.writeHead(413).end('too large') });
    const socket = connect((server.listener.address() as AddressInfo).port, '127.0.0.1').setEncoding('latin1');
    t.teardown(() => socket.destroy());
    const failed: unknown[] = [];
    socket.on('error', (error) => failed.push(error));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.pause();
    socket.write(head);
    await Promise.race([closed, new Promise((resolve) => socket.write(Buffer.alloc(24 * 1024 * 1024), resolve))]);
    let received = '';
    socket.on('data', (text: string) => {
      received += text;
    });
    socket.resume();
    await closed;
    t.regex(received, /^HTTP\/1\.1 4(00|13) /);
    t.deepEqual(failed, []);
  });
