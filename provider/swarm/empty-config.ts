import type { ConfigSpec } from 'dockerode';
import { shortened } from './services/service-name.ts';

/** Swarm's. */
const MAX_NAME = 64;
/** A config must have some, and it can never be changed. */
const NO_DATA = Buffer.from('{}').toString('base64');

/** A config that says what it has to say in its labels, which can be changed. */
export const emptyConfig = (name: string, labels: Readonly<Record<string, string>>): ConfigSpec => ({
  // A hash for the end of one that is too long: cut alone, two that begin alike would be one.
  Name: shortened(name, MAX_NAME),
  Labels: { ...labels },
  Data: NO_DATA,
});
