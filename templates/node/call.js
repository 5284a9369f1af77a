const { readFile } = require('node:fs/promises');
const { basename, join } = require('node:path');

/** What a handler is given: OpenFaaS's `event`. */
function functionEvent(req) {
  return { body: req.body ?? '', headers: req.headers, method: req.method, query: req.query, path: req.path };
}

/** OpenFaaS's `context` (status, headers, succeed, fail), and what a call needs beside it. */
class FunctionContext {
  #ending;
  #status = 200;
  #headers = {};

  constructor(req, res, ending) {
    this.#ending = ending;
    this.callId = req.headers['x-call-id'] ?? '';
    const gone = new AbortController();
    /** Aborts when the caller has gone or the time is over. */
    this.signal = gone.signal;
    res.once('close', () => {
      if (!res.writableFinished) gone.abort(new Error('The caller has gone, or the time is over.'));
    });
  }

  /** Sets the status; without a value, tells it. */
  status(code) {
    if (code === undefined) return this.#status;
    this.#status = Number(code);
    return this;
  }

  /** Adds headers; without a value, tells them. */
  headers(values) {
    if (values === undefined) return this.#headers;
    Object.assign(this.#headers, values);
    return this;
  }

  succeed(value) {
    this.#ending.resolve(value);
    return this;
  }

  fail(error) {
    this.#ending.reject(error);
    return this;
  }

  /** The text of a secret that stack.yaml lists for the function. */
  secret(name) {
    if (basename(name) !== name) throw new Error(`"${name}" is no name of a secret.`);
    return readFile(join(process.env.secrets_path || '/var/openfaas/secrets', name), 'utf8');
  }
}

module.exports = { FunctionContext, functionEvent };
