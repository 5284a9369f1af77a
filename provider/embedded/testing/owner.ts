// A gateway's process as far as the engine is concerned, for tests that kill it: makes the provider, deploys what it is
// told and says so on stdout, once a process waits for a function in module mode, where there is one. Arguments: data
// folder, JSON of the specs to deploy.
import { type FunctionSpec, refKey } from '../../provider.ts';
import { createEmbeddedProvider } from '../embedded-provider.ts';
import { engineOptions, MODULE_IMAGE, pushModule, pushProbe } from './engine.ts';

const [dataDir, specs] = process.argv.slice(2);
const provider = await createEmbeddedProvider(engineOptions(dataDir!, () => {}));
await pushProbe(provider);
await pushModule(provider);
const wanted = JSON.parse(specs!) as FunctionSpec[];
for (const spec of wanted) await provider.deploy(spec, new AbortController().signal);
const pool = wanted.some(({ image }) => image === MODULE_IMAGE);
while (pool && provider.warmPool.waiting === 0) await new Promise(setImmediate);
const ready = new Set<string>();
provider.watch((ref, state) => {
  if (state && state.replicas > 0 && state.ready.length === state.replicas) ready.add(refKey(ref));
  if (ready.size === wanted.length) process.stdout.write('ready\n');
});
