import test from 'ava';
import { giveSlab, takeSlab } from './slabs.ts';

test('a slab that was given back is the next one of its size', (t) => {
  const slab = takeSlab(5000)!;
  t.true(slab.length >= 5000);
  t.not(takeSlab(5000), slab, 'nobody else has it meanwhile');
  giveSlab(slab);
  t.not(takeSlab(100), slab, 'small pieces take small slabs');
  t.is(takeSlab(16_000), slab);
});

test('there is a slab for a full read with a head, and none for more than that', (t) => {
  t.true(takeSlab(65_536 + 16_384)!.length >= 65_536 + 16_384);
  t.is(takeSlab(65_536 + 16_385), undefined);
});
