import { Project, tinyProject } from './project.ts';
import { RecordingGateway } from './recording-gateway.ts';

/** A gateway, and a project whose user is logged in there; both end with it. */
export async function loggedInProject(files: (gatewayUrl: string) => Record<string, string> = tinyProject) {
  const gateway = await RecordingGateway.create();
  const token = Buffer.from('admin:right').toString('base64');
  const project = await Project.create({
    ...files(gateway.url),
    '.config/config.yml': `auths:\n- gateway: ${gateway.url}\n  auth: basic\n  token: ${token}\n`,
  });
  project.env.OPENFAAS_CONFIG = project.path('.config');
  return {
    gateway,
    project,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
    },
  };
}

/** The same without a stack file: the environment names the gateway. */
export async function loggedIn() {
  const at = await loggedInProject(() => ({}));
  at.project.env.OPENFAAS_URL = at.gateway.url;
  return at;
}
