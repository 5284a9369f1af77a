import type Dockerode from 'dockerode';
import { FaasError } from '../../common/errors.ts';
import { NETWORK } from './labels.ts';

const DEFAULT_NAME = 'openfaas_functions';

/**
 * The id of the overlay network that functions are on: the one named, else the one labelled `openfaas=true` as
 * faas-swarm has it, else a new one.
 *
 * @throws FaasError `invalid_request` when the network is not there, is none of the Swarm's, or there are several
 */
export async function functionNetwork(docker: Dockerode, given: string): Promise<string> {
  const networks = await docker.listNetworks({ filters: { driver: ['overlay'], scope: ['swarm'] } as never });
  if (given) {
    const found = networks.find(({ Name, Id }) => Name === given || Id === given);
    if (found) return found.Id;
    throw new FaasError(
      'invalid_request',
      `dunlin_network: the Swarm has no overlay network "${given}"; make it: docker network create -d overlay --attachable --label ${NETWORK}=true ${given}`,
    );
  }
  const labelled = networks.filter(({ Labels }) => Labels?.[NETWORK] === 'true');
  if (labelled.length > 1)
    throw new FaasError(
      'invalid_request',
      `dunlin_network must say which network functions are on: ${labelled.map(({ Name }) => Name).join(', ')} are all labelled ${NETWORK}=true`,
    );
  if (labelled[0]) return labelled[0].Id;
  const made = await docker.createNetwork({
    Name: DEFAULT_NAME,
    Driver: 'overlay',
    Attachable: true,
    CheckDuplicate: true,
    Labels: { [NETWORK]: 'true' },
  });
  return made.id;
}
