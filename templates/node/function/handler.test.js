import assert from 'node:assert/strict';
import { test } from 'node:test';
import handle from './handler.js';

/** Calls the handler with a context that keeps the answer. */
async function call(body) {
  const answer = {};
  const context = {
    status: (code) => Object.assign(answer, { code }) && context,
    succeed: (value) => Object.assign(answer, { value }) && context,
  };
  await handle({ body }, context);
  return answer;
}

test('greets whoever the body names', async () => {
  assert.deepEqual(await call('Ada\n'), { code: 200, value: 'Hello, Ada!\n' });
});

test('greets the world when the body is empty', async () => {
  assert.deepEqual(await call(''), { code: 200, value: 'Hello, world!\n' });
});

test('greets the name in a form or in JSON', async () => {
  assert.deepEqual(await call({ name: 'Ada' }), { code: 200, value: 'Hello, Ada!\n' });
});
