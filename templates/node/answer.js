const { pipeline, Readable } = require('node:stream');

/** Sends what a handler returned: text, bytes, a stream, nothing, or anything else as JSON. */
function answer(res, context, value) {
  if (res.headersSent || res.destroyed) return;
  // `return context.status(204)` means the context, not a body made of it.
  const [type, body] = encode(value === context ? undefined : value);
  res.statusCode = context.status();
  if (type) res.setHeader('content-type', type);
  for (const [name, header] of Object.entries(context.headers())) res.setHeader(name, header);
  // A stream that fails cuts the answer, so that nobody takes the half for the whole.
  if (body instanceof Readable) pipeline(body, res, (error) => error && console.error(error));
  else res.end(body);
}

function encode(value) {
  if (value === undefined || value === null) return [undefined, ''];
  if (typeof value === 'string') return ['text/plain; charset=utf-8', value];
  if (value instanceof Uint8Array) return ['application/octet-stream', value];
  if (value instanceof Readable) return ['application/octet-stream', value];
  if (value instanceof ReadableStream || typeof value[Symbol.asyncIterator] === 'function')
    return ['application/octet-stream', Readable.from(value)];
  return ['application/json', JSON.stringify(value)];
}

/** What a handler threw: 500, or the status it set, with the message; the stack goes to the log. */
function fail(res, context, error) {
  console.error(error);
  if (res.headersSent || res.destroyed) return res.destroy();
  const status = context.status();
  res.statusCode = status >= 400 ? status : 500;
  const message = error instanceof Error ? error.message : error;
  const [type, body] = encode(typeof message === 'string' ? `${message}\n` : message);
  if (type) res.setHeader('content-type', type);
  res.end(body);
}

module.exports = { answer, fail };
