import { parseArgs } from 'node:util';
import { ConfigError } from '../common/config.ts';

/** Command-line flags and the variable that each stands for; flags win over the environment. */
const FLAGS = {
  host: { variable: 'dunlin_host', hint: 'ADDRESS', doc: 'listen on this address (127.0.0.1)' },
  port: { variable: 'dunlin_port', hint: 'N', doc: 'port of the API and of calls (8080)' },
  'metrics-port': { variable: 'dunlin_metrics_port', hint: 'N', doc: 'port of /metrics for Prometheus (8082)' },
  data: { variable: 'dunlin_data', hint: 'DIR', doc: 'folder of all state' },
} as const;

export const HELP = `Runs the gateway with the embedded engine, in the foreground; Ctrl-C stops everything.

Usage: npm start -- [flags]

${Object.entries(FLAGS)
  .map(([name, { hint, doc }]) => `  ${`--${name} ${hint}`.padEnd(22)}${doc}`)
  .join('\n')}
  --no-sample           do not deploy a sample function on the first start
  -h, --help            print this

Examples:
  npm start
  npm start -- --port 9090 --metrics-port 9092
  npm start -- --data /tmp/dunlin --host 0.0.0.0
  upstream_timeout=5m npm start

Every other setting is a variable of the environment; docs/CONFIGURATION.md lists them.
`;

/**
 * The environment with the command line's flags laid over it, or the wish for help.
 *
 * @throws ConfigError for an unknown flag, or one without its value
 */
export function readFlags(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): 'help' | Readonly<Record<string, string | undefined>> {
  const values = parse(args);
  if (values.help) return 'help';
  const overlay: Record<string, string | undefined> = { ...env };
  for (const [name, { variable }] of Object.entries(FLAGS)) {
    const value = values[name];
    if (value === '') throw new ConfigError([`--${name}: expected a value, got ""`]);
    if (typeof value === 'string') overlay[variable] = value;
  }
  if (values['no-sample']) overlay.dunlin_sample = 'false';
  return overlay;
}

function parse(args: readonly string[]): Record<string, string | boolean | undefined> {
  try {
    return parseArgs({
      args: [...args],
      options: {
        host: { type: 'string' },
        port: { type: 'string' },
        'metrics-port': { type: 'string' },
        data: { type: 'string' },
        'no-sample': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (cause) {
    // parseArgs explains flags by naming its own options after the first sentence.
    throw new ConfigError([`${(cause as Error).message.split('. ')[0]}; see npm start -- --help`]);
  }
}
