import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { readWatchdogConfig } from '../config.ts';
import { LockFile } from '../lock-file.ts';
import { Log } from '../log/log.ts';
import { fileSink } from '../log/sink.ts';
import { ModuleMode } from '../modes/module.ts';
import { Watchdog } from '../watchdog.ts';

const HANDLER = 'export const init = () => {}; export default async (event) => ({ body: String(event.body) });';
const CALLS = 3;

/**
 * Serves calls of a function of its own, in `folder`, so that what a first call runs through has been loaded and run
 * once. Leaves nothing behind but that.
 */
export async function warmUp(folder: string): Promise<void> {
  const own = mkdtempSync(join(folder, 'warm-up-'));
  const restore = keepOutput();
  try {
    const handler = join(own, 'handler.js');
    const socket = join(own, 'sock');
    writeFileSync(handler, HANDLER);
    const config = readWatchdogConfig({
      mode: 'module',
      handler,
      listen: `unix:${socket}`,
      metrics_port: '0',
      exec_timeout: '0',
      healthcheck_interval: '0',
      log_file: join(own, 'log'),
      TMPDIR: own,
    });
    const log = new Log({
      sink: fileSink(config.logFile, config.logFileMaxBytes),
      stamp: 'rfc3339',
      json: false,
      functionLines: 'stamped',
      now: Date.now,
    });
    const mode = new ModuleMode({ config, env: {}, log, terminate: () => {} });
    const watchdog = new Watchdog({ config, log, mode, lock: new LockFile(own, false) });
    await watchdog.start();
    for (let calls = 0; calls < CALLS; calls++) await call(socket);
    await watchdog.drain();
    log.close();
  } finally {
    restore();
    rmSync(own, { recursive: true, force: true });
  }
}

async function call(path: string): Promise<void> {
  const socket = connect({ path });
  socket.write('POST / HTTP/1.1\r\nHost: warm-up\r\nContent-Length: 2\r\nX-Call-Id: warm-up\r\n\r\n{}');
  await once(socket, 'data');
  socket.destroy();
  await once(socket, 'close');
}

/** Module mode takes what is printed for the function's log. */
function keepOutput(): () => void {
  const { console } = globalThis;
  const streams = (['stdout', 'stderr'] as const).map(
    (name) => [name, Object.getOwnPropertyDescriptor(process, name)!] as const,
  );
  return () => {
    globalThis.console = console;
    for (const [name, stream] of streams) Object.defineProperty(process, name, stream);
  };
}
