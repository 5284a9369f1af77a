import type { Conforms } from './bench.ts';

/** Of a provider that several gateways may share. */
export function recordTests(conforms: Conforms): void {
  conforms('a record is written only by who knows its latest version', async (t, { provider, signal }) => {
    const records = provider.records!;
    t.is(await records.read('test', signal), undefined);
    t.false(await records.write('test', 'of nothing', '1', signal));
    t.true(await records.write('test', 'one', undefined, signal));
    t.false(await records.write('test', 'again', undefined, signal));
    const one = (await records.read('test', signal))!;
    t.is(one.text, 'one');
    t.true(await records.write('test', 'two', one.version, signal));
    t.false(await records.write('test', 'three', one.version, signal));
    const two = (await records.read('test', signal))!;
    t.is(two.text, 'two');
    t.not(two.version, one.version);
  });

  conforms(
    'the same text written again is a new version, by which others see that its writer lives',
    async (t, bench) => {
      const { provider, signal } = bench;
      const records = provider.records!;
      await records.write('test', 'same', undefined, signal);
      const before = (await records.read('test', signal))!;
      t.true(await records.write('test', 'same', before.version, signal));
      t.not((await records.read('test', signal))!.version, before.version);
    },
  );

  conforms('of many that write a record at once exactly one does', async (t, { provider, signal }) => {
    const records = provider.records!;
    const race = async (version: string | undefined): Promise<number> => {
      const written = Array.from({ length: 8 }, (_, index) => records.write('test', `${index}`, version, signal));
      return (await Promise.all(written)).filter(Boolean).length;
    };
    t.is(await race(undefined), 1);
    t.is(await race((await records.read('test', signal))!.version), 1);
  });
}
