import { bytes, type ConfigOf, count, duration, flag, oneOf, port, type Setting, text } from '../common/config.ts';

/** A variable that OpenFaaS does not have: ours are prefixed, in either case. */
const ours = (name: string): readonly string[] => [`dunlin_${name}`, `DUNLIN_${name.toUpperCase()}`];

/**
 * Every setting of the gateway, with OpenFaaS's variables where it has one (contract 1.2); docs/CONFIGURATION.md is
 * held equal to this table by a test.
 */
export const gatewaySchema = {
  host: text(ours('host'), '127.0.0.1', 'Address to listen on; 0.0.0.0 is all of them.'),
  port: port(ours('port'), '8080', 'Port of the API and of calls; 0 lets the system choose.'),
  metricsPort: port(
    ours('metrics_port'),
    '8082',
    'Port of /metrics and /healthz for Prometheus; 0 lets the system choose.',
  ),
  dataFolder: text(
    ours('data'),
    '',
    'Folder of all state. By default /var/lib/dunlin for root, else $XDG_STATE_HOME/dunlin or ~/.local/state/dunlin.',
  ),
  workers: count(
    ours('workers'),
    '1',
    'Processes that answer calls; with more than one, the first only owns the state, serves the API and starts replicas.',
    { min: 1 },
  ),
  provider: oneOf(
    ours('provider'),
    ['embedded', 'swarm'],
    'embedded',
    'Where functions run: as processes on this machine, or as services of the Docker Swarm that DOCKER_HOST is a manager of.',
  ),
  network: text(
    ours('network'),
    '',
    'Swarm: the overlay network of functions. By default the one labelled openfaas=true, which is made when there is none.',
  ),
  registryConfig: text(
    ours('registry_config'),
    '',
    'Swarm: a Docker config.json with the credentials of registries that nodes pull images from.',
  ),

  tlsCert: text(
    ours('tls_cert'),
    '',
    'File with a certificate, its chain included, in PEM: API and calls are then served by TLS.',
  ),
  tlsKey: text(ours('tls_key'), '', 'File with the key of that certificate.'),

  upstreamTimeoutMs: duration(
    'upstream_timeout',
    '60s',
    'A call may take this long, the wait for a replica included; 0 is no limit.',
  ),
  readTimeoutMs: duration(
    'read_timeout',
    '60s',
    'A client has this long to send the head of a request, or the body of a /system/* request.',
  ),
  writeTimeoutMs: duration('write_timeout', '60s', 'An idle keep-alive connection is closed after this long.'),
  drainTimeoutMs: duration(ours('drain_timeout'), '10s', 'On SIGTERM or Ctrl-C calls in flight have this long to end.'),

  maxHeaderBytes: bytes(ours('max_header'), '64Ki', 'A larger head of a request is answered with 431.'),
  maxBodyBytes: bytes(ours('max_body'), '1Gi', 'A larger body of a call is answered with 413; 0 is no limit.'),
  maxBundleBytes: bytes(ours('max_bundle'), '512Mi', 'A larger bundle is answered with 413.'),
  maxIdleSockets: count('max_idle_conns_per_host', '1024', 'Idle connections kept to each replica.', { min: 1 }),

  scaleFromZero: flag('scale_from_zero', 'true', 'A call of a function without replicas starts one and waits for it.'),
  coldStartTimeoutMs: duration(ours('cold_start_timeout'), '30s', 'A call waits this long for a replica before 503.'),
  maxWaiting: count(ours('max_waiting'), '1000', 'Calls of one function that may wait for a replica before 503.', {
    min: 1,
  }),

  autoscaler: oneOf(
    ours('autoscaler'),
    ['labelled', 'all', 'off'],
    'labelled',
    'Functions whose replicas follow their load: those with com.openfaas.scale.type or .target, all, or none. The others follow alerts.',
  ),
  leaseMs: duration(
    ours('lease'),
    '15s',
    'Of several gateways on one cluster one decides on scaling; another does, this long after that one has died.',
    { min: '1s' },
  ),
  peers: text(
    ours('peers'),
    '',
    'Names of all gateways, by commas, such as tasks.gateway on Swarm: the one that decides on scaling asks the metrics port of each address for what it counts.',
  ),
  warmPool: count(
    ours('warm_pool'),
    '4',
    'Embedded engine: the most watchdogs that wait, started ahead, for a function in module mode. One does where there ' +
      'is such a function, more after many starts at once; 0 is none.',
    { max: 100 },
  ),

  basicAuth: flag(
    'basic_auth',
    'true',
    'Ask for user and password on /system/*; only turn it off where nobody else can connect.',
  ),
  secretMountPath: text(
    'secret_mount_path',
    '',
    'Folder with the files basic-auth-user and basic-auth-password. By default they are generated in the data folder.',
  ),
  maxGuesses: count(
    ours('max_guesses'),
    '20',
    'Wrong passwords that one address may try at once; one more each second. 0 is no limit.',
  ),

  logFormat: oneOf(
    ours('log'),
    ['auto', 'json', 'text'],
    'auto',
    'Log lines on stderr: text on a terminal, else JSON.',
  ),
  logLevel: oneOf(
    ours('log_level'),
    ['debug', 'info', 'warn', 'error'],
    'info',
    "The least that is logged; debug has the API's reads, too.",
  ),
  accessLog: flag(
    ours('access_log'),
    'false',
    'Log a line for each call of a function: call id, method, path without query, status, duration, replica, client.',
  ),
  sample: flag(ours('sample'), 'true', 'Deploy a sample function on the first start.'),
} satisfies Record<string, Setting<unknown>>;

export type GatewayConfig = ConfigOf<typeof gatewaySchema>;
