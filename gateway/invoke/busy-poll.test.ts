import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { BusyPoll } from './busy-poll.ts';

/** One call after the other, each with its answer, the given milliseconds apart. */
function withClock(cores: number) {
  let time = 1000;
  const poll = new BusyPoll(cores, () => time);
  return {
    poll,
    pass: (ms: number) => (time += ms),
    call: (answerMs: number, pauseMs: number): void => {
      poll.callBegins();
      time += answerMs;
      poll.callEnds();
      time += pauseMs;
    },
  };
}

/** Whether it looks on, once what it has begun before has had its turn. */
async function isAwake(): Promise<boolean> {
  await setImmediate();
  await setImmediate();
  return process.getActiveResourcesInfo().includes('Immediate');
}

test.serial(
  'after a short answer the loop is kept awake for the next one, and no longer than that is worth',
  async (t) => {
    const { poll, pass, call } = withClock(2);
    call(0.05, 5);
    t.false(await isAwake(), 'nothing is known of the first one');
    poll.callBegins();
    t.true(await isAwake());
    t.true(await isAwake());
    pass(0.1);
    t.false(await isAwake());
  },
);

test.serial('after a long answer it is not', async (t) => {
  const { poll, call } = withClock(2);
  call(0.05, 5);
  call(20, 5);
  poll.callBegins();
  t.false(await isAwake());
});

test.serial('nor with calls at the same time, nor on one core', async (t) => {
  const { poll, pass } = withClock(2);
  for (const _round of [1, 2]) {
    poll.callBegins();
    poll.callBegins();
    pass(0.01);
    poll.callEnds();
    poll.callEnds();
    pass(0.01);
    t.false(await isAwake());
  }
  const single = withClock(1);
  single.call(0.05, 0.05);
  single.poll.callBegins();
  t.false(await isAwake());
});
