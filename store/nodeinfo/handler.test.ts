import { hostname } from 'node:os';
import test from 'ava';

/** The function is JavaScript, which tsc does not read here: its types are said in this file. */
const load = (file: string) => import(new URL(file, import.meta.url).href);
type Handle = (event: object, context: object) => Promise<void>;
const { default: handle }: { default: Handle } = await load('handler.js');
const { duration, size }: Record<'duration' | 'size', (amount: number) => string> = await load('report.js');

/** Calls the handler and returns what it gives to `context.succeed`. */
async function call(body: unknown, query: Record<string, string> = {}) {
  const answers: unknown[] = [];
  await handle({ body, query }, { succeed: (value: unknown) => answers.push(value) });
  return answers;
}

test('tells about the machine and Node in lines for people', async (t) => {
  const [text] = (await call('')) as [string];
  t.true(text.startsWith(`Hostname: ${hostname()}\n`), text);
  t.true(text.includes(`Node:     ${process.version}, process ${process.pid},`), text);
  t.is(text.match(/\n/g)?.length, 7);
});

for (const [how, body, query] of [
  ['in the body', 'verbose\n', {}],
  ['in the query', '', { verbose: '' }],
] as const)
  test(`verbose ${how} asks for everything as JSON`, async (t) => {
    const [report] = (await call(body, query)) as [{ hostname: string; node: { versions: object } }];
    const sent = JSON.parse(JSON.stringify(report));
    t.is(sent.hostname, hostname());
    t.deepEqual(sent.node.versions, { ...process.versions });
    t.true(sent.memory.total >= sent.memory.free);
  });

test('sizes and times are written with their units', (t) => {
  t.deepEqual([0, 1023, 1024, 1_610_612_736].map(size), ['0 B', '1023 B', '1.0 KiB', '1.5 GiB']);
  t.deepEqual([0, 59, 60, 3_720, 183_840].map(duration), ['0s', '59s', '1m', '1h 2m', '2d 3h 4m']);
});
