import test from 'ava';
import { call, Watched } from '../../conformance/calls.ts';
import { functionSpec } from '../../testing/function-spec.ts';
import { buildWatchdog, createTestEngine, manifestEntry, push } from '../testing/engine.ts';

const signal = new AbortController().signal;
const hungry = functionSpec('hungry', 'hungry', { limits: { memory: '150Mi' } });
/** Takes memory, and touches it, for ever when asked. */
const HUNGRY = `
  import { createServer } from 'node:http';
  const kept = [];
  createServer((req, res) => {
    if (req.url !== '/eat') return res.end('fine');
    setInterval(() => kept.push(Buffer.alloc(8 * 1024 * 1024, 1)), 5);
  }).listen(process.env.PORT);
`;

test.before(buildWatchdog);

for (const [how, more] of [
  ['by a control group, where one can be made', {}],
  ['by looking at it, where no control group can be made', { cgroupRoot: '/nonexistent' }],
] as const)
  test(`a replica that exceeds its memory limit is ended, ${how}, named, and replaced`, async (t) => {
    await using engine = await createTestEngine({}, more);
    const { provider } = engine;
    const manifest = manifestEntry({
      mode: 'http',
      process: 'node hungry.mjs',
      environment: { upstream_url: 'unix:' },
    });
    await push(provider, 'hungry', [manifest, { name: 'hungry.mjs', content: HUNGRY }]);
    await provider.deploy(hungry, signal);
    using watched = new Watched(provider);
    const [target] = await watched.ready(hungry);
    t.is((await call(target!.address, '/')).body, 'fine');
    await call(target!.address, '/eat').catch(() => undefined);
    const why = await provider.explain(hungry, target!.id, signal);
    t.is(why?.code, 'replica_out_of_memory');
    t.regex(why!.message, /memory limit of 150Mi.*raise limits\.memory/);
    const { ready } = await watched.until(hungry, (state) => state.ready.some(({ id }) => id !== target!.id));
    t.is((await call(ready[0]!.address, '/')).body, 'fine');
  });
