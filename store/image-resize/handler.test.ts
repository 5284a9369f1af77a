import test from 'ava';
import { decode, encode } from './codec.ts';
import handler from './handler.ts';
import { type Pixels, resize, sizeWithin } from './pixels.ts';

const call = (body: Uint8Array | string, query: string) =>
  handler.fetch(
    new Request(`http://function/?${query}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : Uint8Array.from(body),
    }),
  );

/** Left half red, right half transparent blue. */
function halves(width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 4);
  for (let at = 0; at < data.length; at += 4)
    data.set((at / 4) % width < width / 2 ? [255, 0, 0, 255] : [0, 0, 255, 0], at);
  return { width, height, data };
}

test('a PNG keeps its shape within the box, its format and its transparency', async (t) => {
  const answer = await call(encode(halves(40, 20), 'png', 0), 'width=10&height=10');
  t.is(answer.status, 200);
  t.is(answer.headers.get('content-type'), 'image/png');
  t.is(answer.headers.get('x-image-size'), '10x5');
  const small = decode(new Uint8Array(await answer.arrayBuffer()), 'png');
  t.deepEqual([small.width, small.height], [10, 5]);
  t.deepEqual([...small.data.slice(0, 4)], [255, 0, 0, 255]);
  t.is(small.data[9 * 4 + 3], 0);
});

test('what is transparent does not colour the edge', (t) => {
  const { data } = resize(halves(4, 1), 1, 1);
  t.deepEqual([...data], [255, 0, 0, 128]);
});

test('a PNG becomes a JPEG on white, and a JPEG a PNG', async (t) => {
  const jpeg = await call(encode(halves(64, 64), 'png', 0), 'width=32&format=jpeg&quality=95');
  t.is(jpeg.headers.get('content-type'), 'image/jpeg');
  const bytes = new Uint8Array(await jpeg.arrayBuffer());
  const right = decode(bytes, 'jpeg').data.slice(31 * 4, 32 * 4);
  t.true(
    right.every((value) => value > 240),
    String(right),
  );
  const png = await call(bytes, 'height=8&format=png');
  t.is(png.headers.get('x-image-size'), '8x8');
});

test('an image can grow, and a single colour stays what it is', (t) => {
  const data = new Uint8Array(3 * 2 * 4).map((_, index) => [10, 20, 30, 255][index % 4]!);
  const { width, height, data: grown } = resize({ width: 3, height: 2, data }, 7, 5);
  t.deepEqual([width, height], [7, 5]);
  for (let at = 0; at < grown.length; at += 4) t.deepEqual([...grown.slice(at, at + 4)], [10, 20, 30, 255]);
});

test('no side is less than one pixel', (t) => {
  t.deepEqual(sizeWithin({ width: 1000, height: 1 }, { width: 10 }), { width: 10, height: 1 });
});

test('what is no image, too large, or not asked for rightly is refused with the reason', async (t) => {
  const png = encode(halves(2, 2), 'png', 0);
  const huge = Buffer.from(png);
  huge.writeUInt32BE(100_000, 16);
  huge.writeUInt32BE(100_000, 20);
  const cases: [Uint8Array | string, string, RegExp][] = [
    ['GIF89a', 'width=1', /neither PNG nor JPEG/],
    [png, '', /Give width, height or both/],
    [png, 'width=0', /width must be a whole number from 1 to 8192, got 0/],
    [png, 'width=1.5', /got 1\.5/],
    [png, 'height=5&format=gif', /format must be png or jpeg, got gif/],
    [png, 'height=5&quality=101', /quality must be a whole number from 1 to 100/],
    [png.slice(0, 40), 'width=1', /The PNG cannot be read/],
    [png.slice(0, 10), 'width=1', /ends within its header/],
    [Uint8Array.of(0xff, 0xd8, 0xff, 0xe0), 'width=1', /The JPEG cannot be read/],
    [huge, 'width=1', /more than 40 million pixels/],
  ];
  for (const [body, query, message] of cases) {
    const answer = await call(body, query);
    t.is(answer.status, 400, query);
    t.regex(await answer.text(), message);
  }
});
