import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type Dockerode from 'dockerode';
import type { AuthConfig } from 'dockerode';
import { FaasError } from '../../../common/errors.ts';
import { initialReplicas, LABEL_MIN } from '../../labels.ts';
import type { FunctionRef, FunctionSpec } from '../../provider.ts';
import { checkReplicas, functionExists } from '../../refusals.ts';
import { isOutOfSequence, statusOf } from '../engine.ts';
import type { SwarmFunctions } from '../functions/swarm-functions.ts';
import { hasEnded, type Task } from '../functions/task.ts';
import type { TrackedFunction } from '../functions/tracked-function.ts';
import { pinImage } from '../images/pin-image.ts';
import type { Secrets } from '../secrets.ts';
import { isFunction, readService } from './read-service.ts';
import { desiredReplicas, type FunctionService, type FunctionServiceSpec } from './service.ts';
import { serviceName } from './service-name.ts';
import { type ServiceParts, serviceSpec } from './service-spec.ts';

/** Others may change the same service: another gateway, or a person. */
const CHANGE_ATTEMPTS = 5;
const REMOVAL_LOOK_MS = 100;

export interface FunctionServicesDeps {
  readonly docker: Dockerode;
  readonly networkId: string;
  readonly registryConfig: string;
  readonly functions: SwarmFunctions;
  readonly secrets: Secrets;
}

/** Makes, changes and removes the services of functions; the functions that are known follow at once. */
export class FunctionServices {
  readonly #deps: FunctionServicesDeps;

  constructor(deps: FunctionServicesDeps) {
    this.#deps = deps;
  }

  /** As Provider.deploy has it. */
  async deploy(spec: FunctionSpec, signal: AbortSignal): Promise<void> {
    const { parts, auth } = await this.#partsOf(spec);
    await this.#refuseTaken(spec);
    signal.throwIfAborted();
    const { functions } = this.#deps;
    await functions.refresh(await this.#create(serviceSpec(spec, parts(initialReplicas(spec.labels))), spec, auth));
    functions.hurry();
  }

  /** As Provider.update has it. */
  async update(spec: FunctionSpec, signal: AbortSignal): Promise<void> {
    await this.known(spec);
    const { parts, auth } = await this.#partsOf(spec);
    signal.throwIfAborted();
    const minimum = spec.labels[LABEL_MIN] === undefined ? 0 : initialReplicas(spec.labels);
    await this.change(
      spec,
      (before) => {
        const { TaskTemplate, ...service } = serviceSpec(spec, parts(Math.max(desiredReplicas(before), minimum)));
        // Deployed again as it is: what its replicas failed of may be mended, so they are tried again.
        const retry = isDeepStrictEqual(readService(before), spec) && this.#deps.functions.find(spec)?.state.failure;
        const ForceUpdate = (before.Spec.TaskTemplate.ForceUpdate ?? 0) + (retry ? 1 : 0);
        return { ...service, Name: before.Spec.Name, TaskTemplate: { ...TaskTemplate, ForceUpdate } };
      },
      auth,
    );
  }

  /** As Provider.remove has it. */
  async remove(ref: FunctionRef, signal: AbortSignal): Promise<void> {
    const { docker, functions } = this.#deps;
    const { id } = await this.known(ref);
    await docker
      .getService(id)
      .remove()
      .catch((error) => {
        if (statusOf(error) !== 404) throw error;
      });
    functions.forget(id);
    // Tasks outlive their service until their containers have stopped.
    for (;;) {
      const tasks = (await docker.listTasks()) as Task[];
      if (!tasks.some((task) => task.ServiceID === id && !hasEnded(task))) return;
      await delay(REMOVAL_LOOK_MS, undefined, { signal });
    }
  }

  /** As Provider.scale has it. */
  async scale(ref: FunctionRef, replicas: number): Promise<void> {
    checkReplicas(replicas);
    const known = await this.known(ref);
    // Another gateway may have scaled it a moment ago.
    if (desiredReplicas(known.service) === replicas) await this.#deps.functions.refresh(known.id);
    if (desiredReplicas(known.service) === replicas) return;
    await this.change(ref, ({ Spec }) => ({ ...Spec, Mode: { Replicated: { Replicas: replicas } } }));
  }

  /** Changes a service from what it is, again when somebody else changed it meanwhile. */
  async change(
    ref: FunctionRef,
    change: (before: FunctionService) => FunctionServiceSpec,
    auth?: AuthConfig,
  ): Promise<void> {
    const { docker, functions } = this.#deps;
    for (let attempt = 1; ; attempt++) {
      const { id, service } = functions.require(ref);
      try {
        // The types know neither credentials nor a body apart from the query.
        const changed = docker.getService(id) as unknown as {
          update(auth: AuthConfig | undefined, options: unknown): Promise<void>;
        };
        await changed.update(auth, { _query: { version: service.Version.Index }, _body: change(service) });
        functions.hurry();
        await functions.refresh(id);
        return;
      } catch (error) {
        if (statusOf(error) === 404) functions.forget(id);
        else if (!isOutOfSequence(error) || attempt === CHANGE_ATTEMPTS) throw error;
        else await functions.refresh(id);
      }
    }
  }

  /** One that another gateway made a moment ago may not have been heard of. @throws FaasError `function_not_found` */
  async known(ref: FunctionRef): Promise<TrackedFunction> {
    const { functions } = this.#deps;
    if (!functions.find(ref)) await functions.sync();
    return functions.require(ref);
  }

  /** What the Swarm must have for a spec. @throws FaasError when it is wrong in itself, or something is not there */
  async #partsOf(spec: FunctionSpec): Promise<{ parts(replicas: number): ServiceParts; auth: AuthConfig | undefined }> {
    const { docker, networkId: network, registryConfig } = this.#deps;
    // Before anything is asked of registry or Swarm.
    serviceSpec(spec, { image: '', network, secrets: [], replicas: 1 });
    const secrets = await this.#deps.secrets.references(spec.namespace, spec.secrets ?? []);
    const { image, auth } = await pinImage(docker, spec.image, registryConfig);
    return { parts: (replicas) => ({ image, network, secrets, replicas }), auth };
  }

  /** @throws FaasError `function_exists`; `invalid_request` when the name is that of a service which is no function */
  async #refuseTaken(spec: FunctionSpec): Promise<void> {
    const Name = serviceName(spec);
    const found = await this.#deps.docker.listServices({ filters: { name: [Name] } });
    const taken = found.find((service) => service.Spec?.Name === Name);
    if (taken === undefined && !this.#deps.functions.find(spec)) return;
    if (taken === undefined || isFunction(taken)) throw functionExists(spec);
    throw new FaasError(
      'invalid_request',
      `The Swarm has a service named "${Name}" that is no function, which is left alone; choose another name`,
    );
  }

  async #create(service: FunctionServiceSpec, spec: FunctionSpec, auth: AuthConfig | undefined): Promise<string> {
    const { docker } = this.#deps;
    try {
      return (auth ? await docker.createService(auth, service) : await docker.createService(service)).id;
    } catch (error) {
      // Somebody was faster.
      if (statusOf(error) === 409) await this.#refuseTaken(spec);
      throw error;
    }
  }
}
