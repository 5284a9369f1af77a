import type { ContainerTaskSpec, Service, ServiceSpec } from 'dockerode';

/** What is of use of a service as the engine tells it. */
export type AnyService = Pick<Service, 'ID' | 'Version' | 'CreatedAt' | 'Spec' | 'UpdateStatus'>;

/** A function's service: what dockerode's types leave open is there. */
export interface FunctionService extends AnyService {
  readonly Version: { readonly Index: number };
  readonly CreatedAt: string;
  readonly Spec: FunctionServiceSpec;
}

export interface FunctionServiceSpec extends ServiceSpec {
  Name: string;
  Labels: { [name: string]: string };
  TaskTemplate: ContainerTaskSpec;
  Mode: { Replicated: { Replicas: number } };
}

/** Of a function that has none of its own, as faas-swarm has it. */
export const DEFAULT_CONSTRAINT = 'node.platform.os == linux';

export const desiredReplicas = ({ Spec }: FunctionService): number => Spec.Mode.Replicated.Replicas ?? 1;
