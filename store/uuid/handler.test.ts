import test from 'ava';
import handler from './handler.ts';
import { v7 } from './uuid.ts';

const lines = async (query: string) =>
  (await handler.fetch(new Request(`http://function/${query}`)).text()).trimEnd().split('\n');

test('a UUID is a random one of version 4', async (t) => {
  const [one, ...more] = await lines('');
  t.regex(one!, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  t.deepEqual(more, []);
});

test('version 7 begins with the time and sorts in the order of making, past its counter too', async (t) => {
  const make = v7(0x0190_1234_5678);
  const made = Array.from({ length: 5000 }, make);
  t.regex(made[0]!, /^01901234-5678-7000-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  t.regex(made[4096]!, /^01901234-5679-7000-/);
  t.deepEqual(made.toSorted(), made);
});

test('as many as asked for, all different', async (t) => {
  for (const version of ['4', '7']) t.is(new Set(await lines(`?count=1000&version=${version}`)).size, 1000);
});

for (const query of ['?count=0', '?count=10001', '?count=x', '?version=1'])
  test(`${query} is refused`, (t) => {
    t.is(handler.fetch(new Request(`http://function/${query}`)).status, 400);
  });
