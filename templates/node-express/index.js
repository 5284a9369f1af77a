// Serves the routes of function/handler.js to the watchdog, which starts this process and says in PORT where to listen.
const { rmSync } = require('node:fs');
const { createServer } = require('node:http');
const express = require('express');

main(process.env).catch((error) => {
  console.error(error);
  process.exit(1);
});

async function main(env) {
  const app = express();
  app.disable('x-powered-by');
  const configure = await loadHandler();
  await configure({ app, express });
  app.use((error, _req, res, next) => fail(res, error, next));

  const server = createServer(app);
  // The watchdog limits time and keeps connections; were this end to close an idle one, a call could run into it.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 0;
  server.listen(address(env.PORT || '3000'));
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => stop(server));
}

/** A port of this machine, or the path of a Unix socket, where a killed process may have left its own. */
function address(port) {
  if (/^\d+$/.test(port)) return { port: Number(port), host: '127.0.0.1' };
  rmSync(port, { force: true });
  return { path: port };
}

/** CommonJS (`module.exports = configure`) or an ES module (`export default configure`). */
async function loadHandler() {
  const loaded = await import('./function/handler.js');
  const configure = typeof loaded.default === 'function' ? loaded.default : loaded.default?.default;
  if (typeof configure === 'function') return configure;
  throw new TypeError('handler.js exports no function: write "export default ({ app }) => { app.get(...) }"');
}

/** What a route throws is answered with its message, and its stack is logged. */
function fail(res, error, next) {
  const status = error.status ?? 500;
  if (status >= 500) console.error(error);
  if (res.headersSent) return next(error);
  res.status(status).type('text/plain').send(`${error.message}\n`);
}

/** Lets the calls that run end, then the process ends by itself. */
function stop(server) {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
}
