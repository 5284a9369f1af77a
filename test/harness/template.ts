import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { parse } from 'yaml';
import { killMarked, root } from './platform.ts';
import { temporaryFolder } from './temporary-folder.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
interface Call {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}
export interface RunningTemplate {
  readonly watchdog: ChildProcess;
  call(call: Call): Promise<Answer>;
  /** A call whose answer, or end, is the caller's. */
  open(call: Call): ClientRequest;
  /** What the function and its watchdog have logged so far. */
  log(): string;
  /** Resolves once the log has it. */
  logged(pattern: RegExp): Promise<void>;
}

/** Starts a template as its bundle recipe says, behind a real watchdog, with the given files in its function folder. */
export async function startTemplate(
  t: ExecutionContext,
  language: string,
  files: Readonly<Record<string, string>> = {},
): Promise<RunningTemplate> {
  const folder = await temporaryFolder(t);
  cpSync(join(root, 'templates', language), folder, { recursive: true });
  // What the recipe's `npm ci` would install.
  if (language.startsWith('node')) symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'function', name), text);
  const { bundle } = parse(readFileSync(join(folder, 'template.yml'), 'utf8'));
  for (const { run, in: where, when } of bundle.install ?? [])
    if (when === undefined)
      await promisify(execFile)('sh', ['-c', run], {
        cwd: join(folder, where),
        // HOME, for the compilers' caches.
        env: { PATH: process.env.PATH, HOME: process.env.HOME },
      });
  const socket = join(folder, 's');
  const watchdog = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, 'watchdog/main.ts')], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: {
      // Node by its own name is this one; python3 the system's, not a version manager's shim.
      PATH: `${join(process.execPath, '..')}:/usr/bin:/bin`,
      mode: bundle.mode,
      ...(bundle.process && { fprocess: bundle.process }),
      ...(bundle.entry && { handler: join(folder, bundle.entry) }),
      ...(bundle.static_path && { static_path: join(folder, bundle.static_path) }),
      ...bundle.environment,
      PYTHONDONTWRITEBYTECODE: '1',
      TMPDIR: folder,
      secrets_path: join(folder, 'function'),
      listen: `unix:${socket}`,
      metrics_port: '0',
      healthcheck_interval: '0',
      ready_fd: '3',
      DUNLIN_DATA: folder,
      DUNLIN_REPLICA: 'template',
    },
  });
  const exited = once(watchdog, 'exit');
  t.teardown(async () => {
    watchdog.kill('SIGKILL');
    await exited;
    killMarked(folder);
  });
  let log = '';
  const lines = new EventEmitter();
  for (const stream of [watchdog.stdout!, watchdog.stderr!])
    stream.on('data', (data) => {
      log += data;
      lines.emit('more');
    });
  const logged = async (pattern: RegExp) => {
    while (!pattern.test(log)) await once(lines, 'more');
  };
  // Closed: what it said last has been read, too.
  const closed = once(watchdog, 'close').then(() => Promise.reject(new Error(log)));
  await Promise.race([once(watchdog.stdio[3] as Readable, 'data'), closed]);
  return { watchdog, log: () => log, logged, call: (call) => send(socket, call), open: (call) => open(socket, call) };
}

async function send(socketPath: string, call: Call): Promise<Answer> {
  const [res] = (await once(open(socketPath, call), 'response')) as [IncomingMessage];
  return { status: res.statusCode!, headers: res.headers, body: await text(res) };
}

function open(socketPath: string, { method = 'POST', path = '/', headers, body }: Call): ClientRequest {
  const type = body === undefined || headers?.['content-type'] ? {} : { 'content-type': 'text/plain' };
  return request({ socketPath, method, path, headers: { host: 'x', ...type, ...headers } }).end(body);
}
