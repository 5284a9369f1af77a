import test from 'ava';
import { providerConformance } from '../conformance/provider-conformance.ts';
import { buildWatchdog, createTestEngine, PROBE_IMAGE, pushProbe } from './testing/engine.ts';

test.before(buildWatchdog);

providerConformance(test, async () => {
  const engine = await createTestEngine();
  await pushProbe(engine.provider);
  return { ...engine, provider: engine.provider, image: PROBE_IMAGE };
});
