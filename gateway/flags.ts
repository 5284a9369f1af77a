import { parseArgs } from 'node:util';
import { ConfigError } from '../common/config.ts';
import { SUCCESSOR_FLAG } from './hand-over/messages.ts';

const SUCCESSOR = SUCCESSOR_FLAG.slice('--'.length);

/** Command-line flags and the variable that each stands for; flags win over the environment. */
const FLAGS = {
  host: { variable: 'dunlin_host', hint: 'ADDRESS', doc: 'listen on this address (127.0.0.1)' },
  port: { variable: 'dunlin_port', hint: 'N', doc: 'port of the API and of calls (8080)' },
  'metrics-port': { variable: 'dunlin_metrics_port', hint: 'N', doc: 'port of /metrics for Prometheus (8082)' },
  workers: { variable: 'dunlin_workers', hint: 'N', doc: 'processes that answer calls, for more than one core (1)' },
  data: { variable: 'dunlin_data', hint: 'DIR', doc: 'folder of all state' },
} as const;

export const HELP = `Runs the gateway with the embedded engine, in the foreground; Ctrl-C stops everything.

Usage: npm start -- [flags]

${Object.entries(FLAGS)
  .map(([name, { hint, doc }]) => `  ${`--${name} ${hint}`.padEnd(22)}${doc}`)
  .join('\n')}
  --take-over           replace the gateway that runs on the data folder by a new one, without a failed call
  --no-sample           do not deploy a sample function on the first start
  -h, --help            print this

Examples:
  npm start
  npm start -- --port 9090 --metrics-port 9092
  npm start -- --data /tmp/dunlin --host 0.0.0.0
  npm start -- --take-over
  upstream_timeout=5m npm start

A gateway that takes over is started by the one that runs, with that one's flags and environment; --take-over goes
with --data only. SIGUSR2 to the running gateway does the same.

Every other setting is a variable of the environment; docs/CONFIGURATION.md lists them.
`;

export interface Flags {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The flag that a variable was given by, else the variable. */
  readonly nameOf: (variable: string) => string;
  /** Ask the gateway that runs to be replaced. */
  readonly takeOver: boolean;
  /** This process was started by the gateway that it is to replace. */
  readonly successor: boolean;
}

/**
 * The environment with the command line's flags laid over it, and what else is wished for.
 *
 * @throws ConfigError for an unknown flag, one without its value, or one that does not go with another
 */
export function readFlags(args: readonly string[], env: Readonly<Record<string, string | undefined>>): 'help' | Flags {
  const values = parse(args);
  if (values.help) return 'help';
  const takeOver = values['take-over'] === true;
  const other = Object.keys(values).find((name) => name !== 'take-over' && name !== 'data');
  if (takeOver && other !== undefined)
    throw new ConfigError([
      `--take-over does not go with --${other}: the new gateway is started with the flags of the one that runs`,
    ]);
  const overlay: Record<string, string | undefined> = { ...env };
  const given = new Map<string, string>();
  for (const [name, { variable }] of Object.entries(FLAGS)) {
    const value = values[name];
    if (value === '') throw new ConfigError([`--${name}: expected a value, got ""`]);
    if (typeof value !== 'string') continue;
    overlay[variable] = value;
    given.set(variable, `--${name}`);
  }
  if (values['no-sample']) overlay.dunlin_sample = 'false';
  const nameOf = (variable: string) => given.get(variable) ?? variable;
  return { env: overlay, nameOf, takeOver, successor: values[SUCCESSOR] === true };
}

function parse(args: readonly string[]): Record<string, string | boolean | undefined> {
  try {
    return parseArgs({
      args: [...args],
      options: {
        ...Object.fromEntries(Object.keys(FLAGS).map((name) => [name, { type: 'string' } as const])),
        'no-sample': { type: 'boolean' },
        'take-over': { type: 'boolean' },
        [SUCCESSOR]: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (cause) {
    // parseArgs explains flags by naming its own options after the first sentence.
    throw new ConfigError([`${(cause as Error).message.split('. ')[0]}; see npm start -- --help`]);
  }
}
