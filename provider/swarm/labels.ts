/** Labels of services, secrets and configs in the Swarm. The first four are faas-swarm's (contract 6.5). */
export const FUNCTION = 'com.openfaas.function';
export const IS_FUNCTION = 'function';
export const ANNOTATION = 'com.openfaas.annotations.';
export const OWNER = 'com.openfaas.owner';
export const OWNER_VALUE = 'openfaas';
/** Of the network that functions are on. */
export const NETWORK = 'openfaas';

/** Everything of ours begins so; users' labels may not. */
export const OURS = 'com.dunlin.swarm.';
export const NAMESPACE = `${OURS}namespace`;
/** What a service does not say itself, as JSON: see services/stored-spec.ts. */
export const SPEC = `${OURS}spec`;
/** The name that users know a secret by. */
export const SECRET = `${OURS}secret`;
/** The namespace that a config describes. */
export const NAMESPACE_CONFIG = `${OURS}namespace-config`;
/** Its annotations, as JSON. */
export const NAMESPACE_ANNOTATIONS = `${OURS}namespace-annotations`;
/** The text of a record that gateways share. */
export const RECORD = `${OURS}record`;
/** faas-swarm writes it when it updates. */
export const UID = 'com.openfaas.uid';
