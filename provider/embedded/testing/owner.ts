// A gateway's process as far as the engine is concerned, for tests that kill it: makes the provider, deploys what it is
// told and says so on stdout. Arguments: data folder, JSON of the specs to deploy.
import { type FunctionSpec, refKey } from '../../provider.ts';
import { createEmbeddedProvider } from '../embedded-provider.ts';
import { engineOptions, pushProbe } from './engine.ts';

const [dataDir, specs] = process.argv.slice(2);
const provider = await createEmbeddedProvider(engineOptions(dataDir!, () => {}));
await pushProbe(provider);
const wanted = JSON.parse(specs!) as FunctionSpec[];
for (const spec of wanted) await provider.deploy(spec, new AbortController().signal);
const ready = new Set<string>();
provider.watch((ref, state) => {
  if (state && state.replicas > 0 && state.ready.length === state.replicas) ready.add(refKey(ref));
  if (ready.size === wanted.length) process.stdout.write('ready\n');
});
