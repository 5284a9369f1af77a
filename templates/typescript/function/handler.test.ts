import assert from 'node:assert/strict';
import { test } from 'node:test';
import handle from './handler.ts';
import type { Context, Event } from './types.ts';

/** The parts of an event and a context that this handler uses. */
const event = (body: string) => ({ text: () => body }) as Event;
const context = {} as Context;

test('greets whoever the body names', async () => {
  assert.equal(await handle(event('Ada\n'), context), 'Hello, Ada!\n');
});

test('greets the world when the body is empty', async () => {
  assert.equal(await handle(event(''), context), 'Hello, world!\n');
});
