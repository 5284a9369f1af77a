import Dockerode from 'dockerode';
import { FUNCTION, NAMESPACE_CONFIG, OWNER } from '../labels.ts';

/** Removes all functions, secrets and namespaces of the Swarm that the environment names. */
export async function cleanUp(): Promise<void> {
  const docker = new Dockerode();
  const services = await docker.listServices({ filters: { label: [FUNCTION] } });
  await Promise.all(services.map(({ ID }) => docker.getService(ID).remove()));
  for (const { ID } of await docker.listSecrets({ filters: { label: [OWNER] } })) await docker.getSecret(ID).remove();
  for (const { ID } of await docker.listConfigs({ filters: { label: [NAMESPACE_CONFIG] } }))
    await docker.getConfig(ID).remove();
}
