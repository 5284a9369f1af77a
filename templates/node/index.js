// Serves function/handler.js to the watchdog, which starts this process and says in PORT where to listen.
const { rmSync } = require('node:fs');
const { createServer } = require('node:http');
const express = require('express');
const { answer, fail } = require('./answer.js');
const { FunctionContext, functionEvent } = require('./call.js');

main(process.env).catch((error) => {
  console.error(error);
  process.exit(1);
});

async function main(env) {
  const handler = await loadHandler();
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'extended');
  app.use(...bodyParsers(env));
  app.use((req, res) => call(handler, req, res));
  app.use((error, _req, res, _next) => refuse(res, error));

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

/** CommonJS (`module.exports = handle`) or an ES module (`export default handle`). */
async function loadHandler() {
  const loaded = await import('./function/handler.js');
  const handler = typeof loaded.default === 'function' ? loaded.default : (loaded.default?.default ?? loaded.handler);
  if (typeof handler === 'function') return handler;
  throw new TypeError('handler.js exports no function: write "export default async (event, context) => ..."');
}

/** JSON becomes a value, a form an object, text a string, anything else (or all, with RAW_BODY=true) a Buffer. */
function bodyParsers(env) {
  const limit = env.MAX_RAW_SIZE || '10mb';
  if (env.RAW_BODY === 'true') return [express.raw({ type: () => true, limit })];
  return [
    express.json({ type: ['json', '+json'], strict: false, limit: env.MAX_JSON_SIZE || '10mb' }),
    express.urlencoded({ extended: true, limit }),
    express.text({ type: (req) => isText(req.headers['content-type']), limit }),
    express.raw({ type: () => true, limit }),
  ];
}

function isText(type) {
  return type === undefined || /^text\/|[/+]xml\b|^application\/(javascript|graphql|yaml)\b/i.test(type);
}

/**
 * A result goes back as a return value, through context.succeed or fail, or through the callback: the first one counts.
 * A handler that takes the callback and returns nothing answers by it later.
 */
async function call(handler, req, res) {
  let ending;
  const ended = new Promise((resolve, reject) => {
    ending = { resolve, reject };
  });
  const context = new FunctionContext(req, res, ending);
  const callback = (error, result) => (error ? context.fail(error) : context.succeed(result));
  try {
    const returned = handler(functionEvent(req), context, callback);
    if (returned !== undefined || handler.length < 3) Promise.resolve(returned).then(ending.resolve, ending.reject);
    answer(res, context, await ended);
  } catch (error) {
    fail(res, context, error);
  }
}

/** A body that could not be read: too large, no JSON, cut off. */
function refuse(res, error) {
  const status = error.status ?? 500;
  if (status >= 500) console.error(error);
  const remedy = status === 413 ? `; the limit is ${error.limit} bytes: raise MAX_RAW_SIZE or MAX_JSON_SIZE` : '';
  res.statusCode = status;
  res.setHeader('content-type', 'text/plain; charset=utf-8');
  res.end(`${error.message}${remedy}\n`);
}

/** Lets the calls that run end, then the process ends by itself. */
function stop(server) {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
}
