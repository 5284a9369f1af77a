// The conformance suite on a real Swarm. Run by ../swarm.test.ts in a container on the functions' network, because a
// host cannot route into an overlay.
import test from 'ava';
import { type ConformanceSetup, providerConformance } from '../../../provider/conformance/provider-conformance.ts';
import { createSwarmProvider } from '../../../provider/swarm/swarm-provider.ts';
import { cleanUp } from '../../../provider/swarm/testing/clean-up.ts';

const { DUNLIN_TEST_IMAGE: image = '', DUNLIN_TEST_NETWORK: network = '' } = process.env;

const create = async (): Promise<ConformanceSetup> => {
  await cleanUp();
  const provider = await createSwarmProvider({ network, registryConfig: '', log: () => undefined });
  return {
    provider,
    image,
    secretsRoll: true,
    async [Symbol.asyncDispose]() {
      await provider.close();
      await cleanUp();
    },
  };
};
providerConformance(test.serial as typeof test, create, { shared: true });
