import type { Readable, Writable } from 'node:stream';
import type { GatewayClient } from '../provider/client.ts';

export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export interface Machine {
  readonly home: string;
  /** Node's names: `linux`, `x64`. */
  readonly platform: string;
  readonly arch: string;
  /** undefined where there are no users by number. */
  readonly uid: number | undefined;
}

/** What comes from outside; main.ts makes it, and tests do. */
export interface Surroundings {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  readonly machine: Machine;
  /** The folder that holds `templates/` and `store/`, made when first asked for. */
  readonly assets: () => string;
  /** The watchdog's executable, for local-run. */
  readonly watchdog: string;
  /** The checkout that this faas-cli is run from, for what needs the gateway's sources; a single file has none. */
  readonly checkout?: string;
  /** Runs Bun's bundler: a program, and what it needs in its environment. */
  readonly bundler: { readonly program: string; readonly env: Readonly<Record<string, string>> };
}

/** Flags that every command takes (contract 5.1). */
export interface GlobalFlags {
  readonly yaml?: string | undefined;
  readonly regex?: string | undefined;
  readonly filter?: string | undefined;
}

export interface Connection {
  /** `--gateway`. */
  readonly gateway?: string | undefined;
  /** `provider.gateway` of the stack file. */
  readonly stackGateway?: string | undefined;
  /** `--token`. */
  readonly token?: string | undefined;
  readonly tlsNoVerify?: boolean | undefined;
  /** 60 s without it. */
  readonly timeoutMs?: number | undefined;
}

/** What a command may use. */
export interface Context extends Surroundings {
  readonly global: GlobalFlags;
  /** A client that is closed when the command has ended. Warns of a connection that can be overheard. */
  connect(connection: Connection): Promise<GatewayClient>;
  /** The words before the command's arguments, such as `secret create`. */
  readonly command: string;
}
