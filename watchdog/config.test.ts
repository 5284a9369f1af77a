import test from 'ava';
import { readWatchdogConfig } from './config.ts';

const COMMAND = { fprocess: 'cat' };

test('what is unset has the default of the original: classic for fork, of-watchdog for the others', (t) => {
  const common = {
    port: 8080,
    metricsPort: 8081,
    readTimeoutMs: 30_000,
    writeTimeoutMs: 30_000,
    // write_timeout, then.
    healthcheckIntervalMs: undefined,
    maxInflight: 0,
    suppressLock: false,
    cgiHeaders: true,
    combineOutput: true,
    marshalRequest: false,
    debugHeaders: false,
    writeDebug: false,
    bufferHttp: false,
    readyPath: '',
    staticPath: '/home/app/public',
    prefixLogs: true,
    logLineBytes: 65_536,
    logCallId: false,
    tempDir: '/tmp',
  };
  t.like(readWatchdogConfig(COMMAND), { ...common, mode: 'fork', execTimeoutMs: 0, contentType: '' });
  for (const mode of ['serializing', 'streaming', 'static'])
    t.like(readWatchdogConfig({ ...COMMAND, mode }), {
      ...common,
      mode,
      execTimeoutMs: 30_000,
      contentType: 'application/octet-stream',
    });
});

test('the other names of variables are known', (t) => {
  const env = {
    mode: 'http',
    function_process: 'node server.js',
    http_upstream_url: 'http://127.0.0.1:3000',
    http_buffer_req_body: 'true',
    log_buffer_size: '-1',
  };
  t.like(readWatchdogConfig(env), {
    command: ['node', 'server.js'],
    upstreamUrl: { kind: 'tcp', host: '127.0.0.1', port: 3000 },
    bufferHttp: true,
    logLineBytes: 1024 * 1024,
  });
});

test('a duration is a number of seconds or as Go writes it', (t) => {
  const { readTimeoutMs, writeTimeoutMs, execTimeoutMs, healthcheckIntervalMs } = readWatchdogConfig({
    ...COMMAND,
    read_timeout: '5',
    write_timeout: '1m30s',
    exec_timeout: '250ms',
    healthcheck_interval: '0',
  });
  t.deepEqual([readTimeoutMs, writeTimeoutMs, execTimeoutMs, healthcheckIntervalMs], [5000, 90_000, 250, 0]);
});

test('a time longer than a timer can wait is not one that is over at once', (t) => {
  const config = readWatchdogConfig({ ...COMMAND, exec_timeout: '1000h', healthcheck_interval: '99999h' });
  t.deepEqual([config.execTimeoutMs, config.healthcheckIntervalMs], [2_073_600_000, 2_073_600_000]);
});

for (const [variable, value, rule] of [
  ['port', '-1', /whole number from 0 to 65535/],
  ['port', '8080 ', /whole number/],
  ['port', '0x1f', /whole number/],
  ['metrics_port', '65536', /whole number/],
  ['exec_timeout', '-5s', /duration/],
  ['exec_timeout', '10 s', /duration/],
  ['read_timeout', 'Infinity', /duration/],
  ['healthcheck_interval', '1x', /duration/],
  ['max_inflight', '1.5', /whole number/],
  ['max_inflight', '1e3', /whole number/],
  ['prefork', '1001', /1000/],
  ['max_request_size', 'large', /bytes|size/],
  ['combine_output', 'maybe', /true|false/],
  ['mode', 'Fork', /one of fork, http/],
  ['log_buffer_size', '0', /1 or more, or -1/],
  ['log_format', 'xml', /text|json/],
  ['listen', 'tcp:80', /unix:PATH/],
  ['listen', `unix:/${'x'.repeat(107)}`, /107 bytes/],
  ['ready_fd', '2', /3 or more/],
  ['ready_path', 'ready', /begins with "\/"/],
  ['ready_path', '/a b', /begins with "\/"/],
] as const)
  test(`${variable}=${value.slice(0, 20)} is refused with its name, the rule and the value`, (t) => {
    const error = t.throws(() => readWatchdogConfig({ ...COMMAND, [variable]: value }))!;
    t.true(error.message.startsWith(`${variable}: `), error.message);
    t.regex(error.message, rule);
    t.true(error.message.includes(value.slice(0, 20)), error.message);
    t.is(error.message.split('\n').length, 1);
  });
