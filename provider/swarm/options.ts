/** The engine is the one that DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH name, as dockerode reads them. */
export interface SwarmOptions {
  /** Name or id of the functions' network. '': the one labelled `openfaas=true`, made when there is none. */
  readonly network: string;
  /** A Docker `config.json` with the credentials of registries, read at each deployment. '': none. */
  readonly registryConfig: string;
  readonly log: (line: string) => void;
}
