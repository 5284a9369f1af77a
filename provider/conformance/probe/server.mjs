// The function that the conformance tests deploy: answers what a test wants to know of its surroundings.
// Plain JavaScript on node: alone, so that any image with Node can run it. http mode, `node server.mjs`.
import { readFileSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

if (process.env.FAIL_START) {
  writeSync(2, 'no database at db.example\n');
  process.exit(7);
}
if (process.env.HANG_START) setInterval(() => {}, 60_000);
else start();

const ROUTES = {
  env: (name) => process.env[name] ?? '',
  names: () => Object.keys(process.env).sort().join('\n'),
  secret: (name) => readFileSync(`${process.env.secrets_path ?? '/var/openfaas/secrets'}/${name}`, 'utf8'),
  pid: () => String(process.pid),
  ids: () => `${process.getuid()}:${process.getgid()} ${process.getgroups().join(',')}`,
  /** `/slow/250` answers after so many milliseconds. */
  slow: async (ms) => {
    await delay(Number(ms));
    return 'slept';
  },
  print: (text) => {
    writeSync(1, `${text}\n`);
    return 'printed';
  },
  crash: () => {
    writeSync(2, 'about to crash\n');
    process.exit(3);
  },
};

function start() {
  const server = createServer(async (req, res) => {
    const [, route, argument] = req.url.split('/');
    try {
      if (route === 'echo') req.pipe(res);
      else res.end(await ROUTES[route](decodeURIComponent(argument ?? '')));
    } catch (error) {
      res.statusCode = 500;
      res.end(String(error));
    }
  });
  server.listen(/^\d+$/.test(process.env.PORT) ? Number(process.env.PORT) : process.env.PORT);
  process.on('SIGTERM', () => server.close(() => process.exit(0)));
}
