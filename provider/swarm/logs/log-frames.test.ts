import test from 'ava';
import { LogFrames } from './log-frames.ts';

/** A frame as the engine sends it: stream, three zeros, length, content. */
function frame(content: string): Buffer {
  const bytes = Buffer.from(content);
  const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

const ONE = '2026-01-01T00:00:00.000000001Z one\n';
const TWO = '2026-01-01T00:00:00.000000002Z two: ä, and more\n';

test('frames become lines with their time', (t) => {
  t.deepEqual(new LogFrames().push(Buffer.concat([frame(ONE), frame(TWO)])), [
    { timestamp: '2026-01-01T00:00:00.000000001Z', text: 'one' },
    { timestamp: '2026-01-01T00:00:00.000000002Z', text: 'two: ä, and more' },
  ]);
});

test('it does not matter how they are cut on their way', (t) => {
  const whole = Buffer.concat([frame(ONE), frame(TWO)]);
  for (let cut = 0; cut <= whole.length; cut++) {
    const frames = new LogFrames();
    const lines = [...frames.push(whole.subarray(0, cut)), ...frames.push(whole.subarray(cut))];
    t.deepEqual(
      lines.map(({ text }) => text),
      ['one', 'two: ä, and more'],
    );
  }
});

test('an empty line stays a line of its replica, and one without a time is kept', (t) => {
  t.deepEqual(new LogFrames().push(frame('2026-01-01T00:00:00.000000001Z \n')), [
    { timestamp: '2026-01-01T00:00:00.000000001Z', text: '' },
  ]);
  t.is(new LogFrames().push(frame('the node says otherwise\n'))[0]!.text, 'the node says otherwise');
});
