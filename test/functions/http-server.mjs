// A server for http mode whose behaviour the path chooses. It listens where PORT says.
import { createServer } from 'node:http';

let events;

const routes = {
  '/exit': () => {
    console.log('last words');
    process.exit(4);
  },
  '/exit-0': () => process.exit(0),
  '/kill': () => process.kill(process.pid, 'SIGKILL'),
  '/hang': () => {},
  '/eat': () => Buffer.alloc(1_000_000_000, 1),
  '/reset': (_req, res) => res.socket.destroy(),
  '/cut': (_req, res) => {
    res.writeHead(200, { 'Content-Length': 100 });
    res.write('part', () => res.socket.destroy());
  },
  '/created': (_req, res) => res.writeHead(201, { 'X-Own': 'yes', Location: '/elsewhere' }).end('made'),
  '/redirect': (_req, res) => res.writeHead(302, { Location: 'http://example.test/' }).end(),
  '/events': (_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream' });
    res.write('data: first\n\n');
    events = res;
  },
  '/last-event': (_req, res) => {
    events.end('data: last\n\n');
    res.end();
  },
  '/say': (req, res) => {
    console.log(`said ${req.url.split('?')[1]}`);
    res.end();
  },
  '/large-line': (_req, res) => {
    process.stdout.write(`${'x'.repeat(200_000)}\nafter the large line\n`);
    res.end();
  },
  '/odd-status': (_req, res) => res.writeHead(299, 'Own Reason').end(),
  '/echo-head': (req, res) => res.end(JSON.stringify({ url: req.url, headers: req.headers })),
};

const server = createServer((req, res) => {
  const route = routes[req.url.split('?')[0]];
  if (route !== undefined) route(req, res);
  else req.pipe(res.setHeader('X-Target', req.url));
});
server.on('upgrade', (req, socket) => {
  if (req.url === '/silent') return;
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
  socket.pipe(socket);
});
process.on('SIGTERM', () => {
  if (process.env.trap === 'ignore') return;
  console.log('told to end');
  process.exit(0);
});
server.listen(process.env.PORT, process.env.listen_host);
