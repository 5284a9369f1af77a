import type { Deployment } from '../../provider/client-requests.ts';

/** A `Function` of OpenFaaS's operator (contract 5.7); the process goes into the environment, so that it is kept. */
export function customResource(deployment: Deployment, namespace: string): object {
  const { name, image, envProcess, labels, annotations, limits, requests, constraints, secrets } = deployment;
  const environment = { ...deployment.envVars, ...(envProcess && { fprocess: envProcess }) };
  return {
    apiVersion: 'openfaas.com/v1',
    kind: 'Function',
    metadata: { name, namespace },
    spec: {
      name,
      image,
      ...(Object.keys(environment).length > 0 && { environment }),
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(limits && { limits }),
      ...(requests && { requests }),
      ...(constraints && { constraints }),
      ...(secrets && { secrets }),
      ...(deployment.readOnlyRootFilesystem && { readOnlyRootFilesystem: true }),
    },
  };
}

/** A Knative service, with secrets where functions look for them. */
export function knativeService(deployment: Deployment, namespace: string): object {
  const { name, image, envProcess, labels, annotations, limits, requests, secrets = [] } = deployment;
  const variables = { ...deployment.envVars, ...(envProcess && { fprocess: envProcess }) };
  const env = Object.entries(variables).map(([key, value]) => ({ name: key, value }));
  const resources = { ...(limits && { limits }), ...(requests && { requests }) };
  const container = {
    name,
    image,
    ...(env.length > 0 && { env }),
    ...(Object.keys(resources).length > 0 && { resources }),
    ...(secrets.length > 0 && {
      volumeMounts: secrets.map((secret) => ({
        name: secret,
        mountPath: `/var/openfaas/secrets/${secret}`,
        subPath: secret,
        readOnly: true,
      })),
    }),
  };
  const volumes = secrets.map((secret) => ({ name: secret, secret: { secretName: secret } }));
  return {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: { name, namespace, ...(labels && { labels }), ...(annotations && { annotations }) },
    spec: { template: { spec: { containers: [container], ...(volumes.length > 0 && { volumes }) } } },
  };
}
