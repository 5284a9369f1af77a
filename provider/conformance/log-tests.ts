import { DEFAULT_NAMESPACE, type FunctionRef, type LogMessage, type Provider } from '../provider.ts';
import type { Conforms } from './bench.ts';
import { call } from './calls.ts';

export function logTests(conforms: Conforms): void {
  const collect = async (lines: AsyncIterable<LogMessage>) => {
    const all: LogMessage[] = [];
    for await (const line of lines) all.push(line);
    return all;
  };
  const texts = (lines: readonly LogMessage[]) => lines.map(({ text }) => text).join('\n');

  /** Reads until a line has `text`, which also tells that all before it is there. */
  const untilLine = async (provider: Provider, ref: FunctionRef, text: string) => {
    const stop = new AbortController();
    const seen: LogMessage[] = [];
    for await (const line of provider.logs({ ...ref, follow: true }, stop.signal)) {
      seen.push(line);
      if (line.text.includes(text)) stop.abort();
    }
    return seen;
  };

  conforms('logs have what the function printed, with replica and time; tail and since cut them', async (t, bench) => {
    const { provider, watched, signal } = bench;
    const ref: FunctionRef = { name: 'talk', namespace: DEFAULT_NAMESPACE };
    await provider.deploy(bench.spec('talk'), signal);
    for (const word of ['one', 'two', 'three']) await watched.call(ref, `/print/${word}`);
    const all = await untilLine(provider, ref, 'three');
    t.regex(texts(all), /one.*two.*three/s);
    const [target] = await watched.ready(ref);
    for (const line of all) {
      t.is(line.instance, target!.id);
      t.like(line, ref);
      t.false(Number.isNaN(Date.parse(line.timestamp)));
    }
    t.is((await collect(provider.logs({ ...ref, follow: false, tail: 2 }, signal))).length, 2);
    t.deepEqual(await collect(provider.logs({ ...ref, follow: false, tail: 0 }, signal)), []);
    const future = new Date(Date.now() + 60_000);
    t.deepEqual(await collect(provider.logs({ ...ref, follow: false, since: future }, signal)), []);
    t.deepEqual(await collect(provider.logs({ ...ref, follow: false, instance: 'other' }, signal)), []);
  });

  conforms('followed logs go on with replicas to come', async (t, { provider, watched, spec, signal }) => {
    const talk = spec('talk');
    await provider.deploy(talk, signal);
    const [first] = await watched.ready(talk);
    await call(first!.address, '/print/before');
    const following = untilLine(provider, talk, 'from the second');
    await provider.scale(talk, 2, signal);
    const second = (await watched.ready(talk, 2)).find(({ id }) => id !== first!.id)!;
    await call(second.address, `/print/${encodeURIComponent('from the second')}`);
    const lines = await following;
    t.true(lines.some(({ instance, text }) => instance === first!.id && text.includes('before')));
    t.is(lines.at(-1)!.instance, second.id);
  });

  conforms('followed logs end when the function is removed', async (t, { provider, watched, spec, signal }) => {
    await provider.deploy(spec('talk'), signal);
    await watched.ready(spec('talk'));
    const following = collect(provider.logs({ ...spec('talk'), follow: true }, signal));
    await provider.remove(spec('talk'), signal);
    t.true(Array.isArray(await following));
  });
}
