import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test from 'ava';
import { BuildLog } from './build-log.ts';
import { type EngineMessage, engineMessages } from './engine-messages.ts';
import { buildFailure, pushFailure } from './failures.ts';
import { statusLine } from './image-builder.ts';
import { PushLog } from './push-log.ts';

const recorded = (name: string) => createReadStream(join(import.meta.dirname, 'testing/recorded', `${name}.ndjson`));
const plain = (_format: string, text: string) => text;

async function buildLog(name: string): Promise<BuildLog> {
  const log = new BuildLog();
  for await (const message of engineMessages(recorded(name))) log.add(message);
  return log;
}

const failureOf = async (name: string) => {
  const { step, failure, lastLines } = await buildLog(name);
  return buildFailure({ name: 'hello', step, message: failure!, lastLines });
};

test('messages are read whole, wherever the bytes are cut', async (t) => {
  const whole: EngineMessage[] = [];
  for await (const message of engineMessages(recorded('build'))) whole.push(message);
  const bytes = Buffer.concat(await recorded('build').toArray());
  const cut: EngineMessage[] = [];
  const single = Readable.from([...bytes].map((byte) => Buffer.from([byte])));
  for await (const message of engineMessages(single)) cut.push(message);
  t.true(whole.length > 10);
  t.deepEqual(cut, whole);
});

test('a build says its lines without colours, noise and overwritten text, and its image', async (t) => {
  const log = await buildLog('build');
  t.deepEqual(
    log.lines.filter((line) => !line.startsWith(' --->')),
    [
      'Step 1/4 : FROM debian:bookworm-slim',
      'Step 2/4 : RUN echo one && echo two >&2',
      'one',
      'two',
      "Step 3/4 : RUN printf '10%%\\r20%%\\r30%%\\n' && head -c 6000000 /dev/urandom > /data",
      '30%',
      'Step 4/4 : CMD ["true"]',
      log.lines.at(-2)!,
      'Successfully tagged 127.0.0.1:5000/it/recorded:latest',
    ],
  );
  t.regex(log.imageId!, /^sha256:[0-9a-f]{64}$/);
  t.is(log.failure, undefined);
});

test('the line on a terminal tells step and output of the moment', async (t) => {
  const log = new BuildLog();
  t.is(statusLine('hello', log, plain), 'hello sending the build context');
  for await (const message of engineMessages(recorded('build-failed'))) {
    log.add(message);
    if (log.activity === 'line 3') break;
  }
  t.is(statusLine('hello', log, plain), 'hello 3/3 RUN for i in 1 2 3; do echo line $i; done; exit 7 line 3');
});

test('a failed step is told with its command and its last lines, not those of other steps', async (t) => {
  const { code, message, extra } = await failureOf('build-failed');
  t.is(code, 'function_failed');
  t.regex(message, /^the image of function hello was not built: it failed at step 3\/3, RUN for i in .*: .* code: 7$/);
  t.deepEqual(extra, { lastLogLines: ['line 1', 'line 2', 'line 3'] });
});

test('a base image whose registry cannot be reached, and a full disk, are told as such', async (t) => {
  const base = await failureOf('build-no-base');
  t.is(base.code, 'upstream_failed');
  t.regex(base.message, /the base image nowhere\.invalid\/team\/base:1 is not in the engine.*--build-arg$/);
  const disk = await failureOf('build-disk-full');
  t.is(disk.code, 'provider_unavailable');
  t.regex(disk.message, /^the Docker Engine's disk is full: .*docker system prune/);
});

test('a push tells each layer once when it is done, and the digest', async (t) => {
  const log = new PushLog();
  const done: string[] = [];
  const active = new Set<string>();
  for await (const message of engineMessages(recorded('push'))) {
    const layer = log.add(message);
    if (layer) done.push(layer.id);
    for (const { id, doneBytes, totalBytes } of log.active) {
      active.add(id);
      t.true(doneBytes >= 0 && totalBytes >= 0);
    }
  }
  t.is(done.length, log.layers.size);
  t.deepEqual(done.sort(), [...log.layers.keys()].sort());
  t.true(active.size > 0);
  t.deepEqual(log.active, []);
  t.regex(log.digest!, /^sha256:[0-9a-f]{64}$/);
});

test('a push to a registry that does not answer is told with its host', async (t) => {
  const log = new PushLog();
  for await (const message of engineMessages(recorded('push-unreachable'))) log.add(message);
  const { code, message } = pushFailure('127.0.0.1:9/it/recorded:latest', '127.0.0.1:9', log.failure!);
  t.is(code, 'upstream_failed');
  t.regex(message, /the registry 127\.0\.0\.1:9 cannot be reached from the engine: .*connection refused/);
});
