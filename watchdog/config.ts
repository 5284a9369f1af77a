import {
  bytes,
  ConfigError,
  type ConfigOf,
  count,
  duration,
  flag,
  oneOf,
  port,
  readConfig,
  setting,
  text,
} from '../common/config.ts';
import { parseDuration, parseTimerDuration } from '../common/duration.ts';
import { splitCommand } from './process/command.ts';

export const MODES = ['fork', 'http', 'module', 'serializing', 'streaming', 'static'] as const;
export type ModeName = (typeof MODES)[number];

type Env = Readonly<Record<string, string | undefined>>;

const modeSetting = oneOf(
  'mode',
  MODES,
  'fork',
  'How a request reaches the function. Unset is the classic watchdog, which forks a process for each request.',
);

/**
 * Every variable of the watchdog. Some defaults differ between the classic watchdog (`fork`) and the modes of
 * of-watchdog. Source: openfaas-contract.md 3.1 to 3.3; what is ours is in docs/ARCHITECTURE.md.
 */
export function watchdogSchema(mode: ModeName) {
  const classic = mode === 'fork';
  return {
    mode: modeSetting,
    command: setting(
      ['fprocess', 'function_process'],
      '',
      'The command to run; split on spaces, quotes are respected.',
      parseCommand,
    ),
    upstreamUrl: setting(
      ['upstream_url', 'http_upstream_url'],
      '',
      'http mode: where the process listens: http://127.0.0.1:3000, with port 0 a free port, unix:PATH, or unix:',
      parseUpstream,
    ),
    handler: text('handler', '', 'module mode: the JavaScript or TypeScript file to load.'),
    port: port('port', '8080', 'The TCP port to listen on; 0 lets the system choose.'),
    listen: setting('listen', '', '`unix:PATH` listens on a Unix socket instead of `port`.', parseListen),
    metricsPort: port('metrics_port', '8081', 'The port of /metrics; 0 serves none.'),
    readTimeoutMs: duration('read_timeout', '30s', 'How long a client may take to send its request.'),
    writeTimeoutMs: duration('write_timeout', '30s', 'How long calls may go on after SIGTERM.'),
    execTimeoutMs: duration('exec_timeout', classic ? '0' : '30s', 'How long one call may take; 0 is no limit.'),
    readyTimeoutMs: duration(
      'ready_timeout',
      '60s',
      'How long a call may wait for the function to get ready, when its exec_timeout does not end it sooner; 0 is no limit.',
    ),
    healthcheckIntervalMs: setting(
      'healthcheck_interval',
      '',
      'How long the watchdog goes on taking calls after SIGTERM, unhealthy; write_timeout by default.',
      (given) => (given === '' ? undefined : parseTimerDuration(given)),
    ),
    maxInflight: count('max_inflight', '0', 'Calls at once before 429; 0 is no limit.'),
    maxInflightQueueMs: duration('max_inflight_queue', '0', 'How long a call over max_inflight may wait before 429.'),
    maxRequestBytes: bytes('max_request_size', '64Mi', 'The largest request body that is held in memory; then 413.'),
    maxResponseBytes: bytes('max_response_size', '32Mi', 'The largest output that is held in memory; then 500.'),
    contentType: text('content_type', classic ? '' : 'application/octet-stream', 'The Content-Type of answers.'),
    cgiHeaders: flag('cgi_headers', 'true', 'Fork modes: pass the request as Http_* variables.'),
    combineOutput: flag('combine_output', 'true', 'fork mode: stderr is part of the answer; otherwise it is logged.'),
    marshalRequest: flag('marshal_request', 'false', 'fork mode: stdin gets header and body as JSON.'),
    stopOnDisconnect: flag('stop_on_disconnect', 'true', 'Fork modes: end the process when the caller hangs up.'),
    debugHeaders: flag('debug_headers', 'false', 'fork mode: log the headers of each request.'),
    writeDebug: flag('write_debug', 'false', 'fork mode: log the body of each answer.'),
    hideFailures: flag('hide_failures', 'false', 'streaming mode: answer 200 whatever happens, as the original does.'),
    prefork: count('prefork', '0', 'Fork modes: processes started ahead, each for one request.', { max: 1000 }),
    bufferHttp: flag(['buffer_http', 'http_buffer_req_body'], 'false', 'http mode: read the whole request first.'),
    readyPath: setting('ready_path', '', 'A path of the function that /_/ready asks.', parsePath),
    staticPath: text('static_path', '/home/app/public', 'static mode: the folder to serve.'),
    suppressLock: flag('suppress_lock', 'false', 'Write no lock file.'),
    prefixLogs: flag('prefix_logs', 'true', "Prefix the process's lines with time and stream."),
    logLineBytes: setting(
      'log_buffer_size',
      '65536',
      'The longest line of the process that is logged whole; longer ones are broken, none is lost. -1 is 1 MiB.',
      parseLineLimit,
    ),
    logCallId: flag('log_callid', 'false', 'End the line of each call with its X-Call-Id in brackets.'),
    logFormat: oneOf('log_format', ['text', 'json'], 'text', 'Log lines as text or as JSON objects.'),
    accessLog: flag('access_log', 'true', 'Log a line for each call.'),
    logFile: text('log_file', '', 'Write the log here, as lines of `RFC3339 text`, instead of to stderr.'),
    logFileMaxBytes: bytes('log_file_max_size', '10Mi', 'Rename the log file to FILE.1 at this size.'),
    terminationLog: text('termination_log', '', 'A file that receives, as JSON, why the watchdog ended by itself.'),
    readyFd: setting('ready_fd', '', 'A descriptor that receives one line feed once calls can be answered.', parseFd),
    secretsPath: text('secrets_path', '/var/openfaas/secrets', "The folder of the function's secrets."),
    functionName: text('OPENFAAS_NAME', '', 'The name of the function.'),
    namespace: text('OPENFAAS_NAMESPACE', '', 'Its namespace.'),
    tempDir: text('TMPDIR', '/tmp', 'The folder of the lock file and of sockets.'),
    jwtAuth: flag('jwt_auth', 'false', 'Function authentication; not supported yet.'),
  };
}

export type WatchdogConfig = ConfigOf<ReturnType<typeof watchdogSchema>>;

/**
 * Reads all settings and what they need of each other.
 *
 * @throws ConfigError with everything that is wrong
 */
export function readWatchdogConfig(env: Env): WatchdogConfig {
  const given = env.mode || 'fork';
  const schema = watchdogSchema(MODES.find((mode) => mode === given) ?? 'http');
  const problems: string[] = [];
  let config: WatchdogConfig | undefined;
  try {
    config = readConfig(schema, env);
  } catch (error) {
    problems.push(...(error as ConfigError).problems);
  }
  problems.push(...missing(given, env));
  if (config === undefined || problems.length > 0) throw new ConfigError(problems);
  return config;
}

function missing(mode: string, env: Env): string[] {
  const problems: string[] = [];
  if (['fork', 'http', 'serializing', 'streaming'].includes(mode) && !env.fprocess && !env.function_process)
    problems.push(`fprocess: ${mode} mode needs the command to run, such as fprocess="cat"`);
  if (mode === 'http' && !env.upstream_url && !env.http_upstream_url)
    problems.push('upstream_url: http mode needs where the process listens, such as "http://127.0.0.1:3000"');
  if (mode === 'module' && !env.handler)
    problems.push('handler: module mode needs the file to load, such as handler="./handler.js"');
  if (mode !== 'fork' && isNoTime(env.write_timeout))
    problems.push(`write_timeout: must be more than 0, got "${env.write_timeout}"`);
  if (/^(true|1)$/i.test(env.jwt_auth ?? ''))
    problems.push('jwt_auth: function authentication is not supported yet; leave it unset');
  return problems;
}

function isNoTime(given: string | undefined): boolean {
  try {
    return !!given && parseDuration(given) === 0;
  } catch {
    return false;
  }
}

function parseCommand(given: string): readonly string[] {
  const words = splitCommand(given);
  if (given !== '' && !words[0]) throw new Error('expected the name of a program first');
  return words;
}

/** Where an http mode process listens. `undefined` port or path is chosen at the start. */
export type UpstreamSpec =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string | undefined };

function parseUpstream(given: string): UpstreamSpec | undefined {
  if (given === '') return undefined;
  if (given.startsWith('unix:'))
    return {
      kind: 'unix',
      path: given === 'unix:' ? undefined : given.slice('unix:'.length).replace(/^\/\/(?=\/)/, ''),
    };
  const match = /^http:\/\/(\[[0-9a-fA-F:.]+\]|[^/:?#@\s]+)(?::(\d{1,5}))?\/?$/.exec(given);
  const upstreamPort = Number(match?.[2] ?? 80);
  if (match === null || upstreamPort > 65_535)
    throw new Error('expected http://HOST:PORT without a path, or unix:PATH');
  return { kind: 'tcp', host: match[1]!.replace(/^\[|\]$/g, ''), port: upstreamPort };
}

function parsePath(given: string): string {
  if (given !== '' && !/^\/[\x21-\x7e]*$/.test(given)) throw new Error('expected a path that begins with "/"');
  return given;
}

function parseListen(given: string): string | undefined {
  if (given === '') return undefined;
  const path = given.startsWith('unix:') ? given.slice('unix:'.length) : '';
  // sockaddr_un holds 107 bytes and a zero.
  if (path === '' || Buffer.byteLength(path) > 107)
    throw new Error('expected unix:PATH with a path of up to 107 bytes');
  return path;
}

function parseLineLimit(given: string): number {
  if (given === '-1') return 1024 * 1024;
  const limit = /^\d+$/.test(given) ? Number(given) : 0;
  if (limit < 1) throw new Error('expected a number of bytes, 1 or more, or -1');
  return limit;
}

function parseFd(given: string): number | undefined {
  if (given === '') return undefined;
  const fd = /^\d+$/.test(given) ? Number(given) : 0;
  if (fd < 3) throw new Error('expected a descriptor number, 3 or more');
  return fd;
}
