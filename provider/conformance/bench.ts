import type { ExecutionContext } from 'ava';
import { LABEL_MIN } from '../labels.ts';
import type { FunctionSpec, Provider } from '../provider.ts';
import type { Watched } from './calls.ts';

/** What each test of the contract gets. */
export interface Bench {
  readonly provider: Provider;
  /** A watch from before the first deployment. */
  readonly watched: Watched;
  /** A secret's new value comes with new replicas, where it cannot change under those that run. */
  readonly secretsRoll: boolean;
  /** One that never aborts. */
  readonly signal: AbortSignal;
  /** The probe function under a name, in the default namespace unless `more` says otherwise. */
  spec(name: string, more?: Partial<FunctionSpec>): FunctionSpec;
}

/** Declares a test that gets a fresh provider. */
export type Conforms = (title: string, run: (t: ExecutionContext, bench: Bench) => Promise<void>) => void;

/** Labels of a function that starts without replicas. */
export const ZERO = { [LABEL_MIN]: '0' };
