import type { ContainerTaskSpec, Service, ServiceSpec } from 'dockerode';

/** A function's service as the engine tells it: what dockerode's types leave open is there. */
export interface FunctionService extends Service {
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

export const desiredReplicas = ({ Spec }: FunctionService): number => Spec.Mode.Replicated.Replicas ?? 1;
