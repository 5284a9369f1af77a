import assert from 'node:assert/strict';
import { test } from 'node:test';
import { greeting } from './greeting.js';

test('greets whoever the body names', () => {
  assert.equal(greeting('Ada\n'), 'Hello, Ada!\n');
});

test('greets the world when there is no body', () => {
  assert.equal(greeting(undefined), 'Hello, world!\n');
});
