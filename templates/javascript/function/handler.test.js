import assert from 'node:assert/strict';
import { test } from 'node:test';
import handle from './handler.js';

/** The part of an event that this handler uses. */
const event = (body) => ({ text: () => body });

test('greets whoever the body names', async () => {
  assert.equal(await handle(event('Ada\n'), {}), 'Hello, Ada!\n');
});

test('greets the world when the body is empty', async () => {
  assert.equal(await handle(event(''), {}), 'Hello, world!\n');
});
