import { availableParallelism } from 'node:os';
import type { Provider } from '../../provider/provider.ts';
import type { GatewayAuth } from '../auth/gateway-auth.ts';
import type { GatewayConfig } from '../config.ts';
import { Forward } from '../hand-over/forward.ts';
import type { Log } from '../log.ts';
import { BusyPoll } from './busy-poll.ts';
import { Invoker } from './invoker.ts';
import { RouteTable } from './route-table.ts';
import { Upgrades } from './upgrades.ts';
import { WaitingRoom } from './waiting-room.ts';

export interface CallSideDeps {
  readonly provider: Pick<Provider, 'scale' | 'explain' | 'watch'>;
  readonly config: GatewayConfig;
  readonly auth: GatewayAuth;
  /** Such as `dunlin/1.0.0`. */
  readonly product: string;
  readonly log: Log;
  /** Unix socket where the primary takes what this process, a worker, cannot decide: see {@link Invoker}. */
  readonly primary?: string;
}

/** All that a process needs to answer calls. */
export class CallSide {
  readonly routes: RouteTable;
  readonly waitingRoom: WaitingRoom;
  readonly invoker: Invoker;
  readonly upgrades: Upgrades;
  readonly #deps: CallSideDeps;
  readonly primary: Forward | undefined;
  #successor: Forward | undefined;

  constructor(deps: CallSideDeps) {
    const { provider, config, auth, product, log, primary } = deps;
    const accessLog = config.accessLog ? log : undefined;
    this.#deps = deps;
    this.primary = primary === undefined ? undefined : new Forward(primary, product, false);
    const waitingRoom = new WaitingRoom(provider, {
      maxWaiting: config.maxWaiting,
      maxWaitMs: config.coldStartTimeoutMs,
      scaleFromZero: config.scaleFromZero,
    });
    this.waitingRoom = waitingRoom;
    this.routes = new RouteTable({
      maxIdleSockets: config.maxIdleSockets,
      onChange: (entry) => waitingRoom.changed(entry),
    });
    this.invoker = new Invoker(this.routes, auth, this.primary, {
      provider,
      waitingRoom,
      busyPoll: new BusyPoll(availableParallelism(), () => performance.now()),
      forward: (hasReplica) => {
        const to = this.#successor ?? (hasReplica ? undefined : this.primary);
        return to && ((req, res) => to.send(req, res, this.invoker.taken(req)));
      },
      upstreamTimeoutMs: config.upstreamTimeoutMs,
      maxBodyBytes: config.maxBodyBytes,
      product,
      accessLog,
    });
    this.upgrades = new Upgrades({ invoker: this.invoker, waitingRoom, product, accessLog, primary });
  }

  /** Another gateway serves: calls that wait go there now, and so does what comes to the {@link Forward} returned. */
  forwardTo(path: string): Forward {
    this.#successor = new Forward(path, this.#deps.product, true);
    this.waitingRoom.empty(this.routes.entries());
    return this.#successor;
  }

  /** Sends those away that wait. Idempotent. */
  refuseWaiting(): void {
    this.waitingRoom.close(this.routes.entries());
  }

  /** Once no call is left. Idempotent. */
  close(): void {
    this.waitingRoom.close([]);
    this.#successor?.close();
    this.primary?.close();
    this.routes.close();
  }
}
