import Dockerode from 'dockerode';
import { FUNCTION, NAMESPACE_CONFIG, OWNER, RECORD } from '../labels.ts';

/** Removes all functions, secrets, namespaces and records of the Swarm that the environment names. */
export async function cleanUp(): Promise<void> {
  const docker = new Dockerode();
  const services = await docker.listServices({ filters: { label: [FUNCTION] } });
  await Promise.all(services.map(({ ID }) => docker.getService(ID).remove()));
  for (const { ID } of await docker.listSecrets({ filters: { label: [OWNER] } })) await docker.getSecret(ID).remove();
  for (const label of [NAMESPACE_CONFIG, RECORD])
    for (const { ID } of await docker.listConfigs({ filters: { label: [label] } })) await docker.getConfig(ID).remove();
}
