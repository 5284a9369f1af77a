import { closeSync, existsSync, writeSync } from 'node:fs';
import { ConfigError } from '../common/config.ts';
import { readWatchdogConfig, type WatchdogConfig } from './config.ts';
import { LockFile } from './lock-file.ts';
import { Log } from './log/log.ts';
import { fdSink, fileSink, type Sink } from './log/sink.ts';
import { createMode } from './modes/create.ts';
import type { ModeDeps, Termination } from './modes/mode.ts';
import { writeTermination } from './termination.ts';
import { messageOf, stackOf } from './thrown-text.ts';
import { VERSION } from './version.ts';
import { Watchdog } from './watchdog.ts';

const BAD_START = 1;
/** Where a pooled watchdog says that it waits; as a replica its ready_fd. */
const READY_FD = 3;

/** Set while an ending of our own is under way, so that it is not taken for the function's. */
let ending = false;

const [flag] = process.argv.slice(2);
dropRuntimeVariables();
if (flag === '--version' || flag === '-version') {
  process.stdout.write(`${VERSION}\n`);
} else if (flag === '--run-healthcheck' || flag === '-run-healthcheck') {
  runHealthcheck();
} else if (flag === '--pooled') {
  await mainOncePooled();
} else if (flag !== undefined) {
  fail(`unknown flag ${flag}; there are --version and --run-healthcheck, all else is set by variables`);
} else {
  await main();
}

/**
 * The executable's runtime takes no orders from BUN_* variables (tools/watchdog-executable.mjs), and the function does
 * not see them. Those for its engine had their effect before this line, so they are refused.
 */
function dropRuntimeVariables(): void {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('BUN_JSC_') && process.versions.bun !== undefined)
      fail(`${name}: must not be set, it changes the watchdog itself; remove it`);
    if (name.startsWith('BUN_')) delete process.env[name];
  }
}

function runHealthcheck(): void {
  if (existsSync(new LockFile(process.env.TMPDIR || '/tmp', false).path)) return;
  process.stdout.write('unable to find lock file.\n');
  process.exitCode = 1;
}

/** For the embedded engine only. */
async function mainOncePooled(): Promise<void> {
  process.argv.splice(2);
  let prepared: Pick<ModeDeps, 'guardThread'> | undefined;
  try {
    const { takeOn } = await import('./pool/take-on.ts');
    prepared = await takeOn(() => writeSync(READY_FD, '\n'));
  } catch (error) {
    fail(`pooled: ${(error as Error).message}`);
  }
  if (!prepared) return;
  dropRuntimeVariables();
  await main(prepared);
}

async function main(prepared?: Pick<ModeDeps, 'guardThread'>): Promise<void> {
  let config: WatchdogConfig;
  let sink: Sink;
  try {
    config = readWatchdogConfig(process.env);
    sink = config.logFile === '' ? fdSink(2) : fileSink(config.logFile, config.logFileMaxBytes);
  } catch (error) {
    fail(error instanceof ConfigError ? error.message : `log_file: ${(error as Error).message}`);
  }
  const log = new Log({
    sink,
    rawStdout: fdSink(1),
    stamp: config.logFile === '' ? 'go' : 'rfc3339',
    json: config.logFormat === 'json',
    functionLines: !config.prefixLogs ? 'raw' : config.mode === 'module' ? 'stamped' : 'prefixed',
    now: Date.now,
  });
  log.line(`Version: ${VERSION}`);
  log.line(
    `Timeouts: read: ${config.readTimeoutMs / 1000}s write: ${config.writeTimeoutMs / 1000}s exec: ${config.execTimeoutMs / 1000}s`,
  );
  let watchdog: Watchdog | undefined;

  const end = (exitCode: number, why?: Termination, lastLogLines = log.tail()): never => {
    ending = true;
    if (why !== undefined) writeTermination(config.terminationLog, why, lastLogLines);
    log.close();
    process.exit(exitCode);
  };
  let terminating = false;
  const terminate = (why: Termination): void => {
    if (terminating) return;
    terminating = true;
    log.line(why.message);
    const lastLogLines = log.tail();
    // Its process's own exit code, where a container's is all that is known of its end.
    const exitCode = why.exitCode || BAD_START;
    void (watchdog?.abandon() ?? Promise.resolve()).finally(() => end(exitCode, why, lastLogLines));
  };

  const mode = await createMode(config.mode, { ...prepared, config, env: functionEnvironment(), log, terminate });
  const lock = new LockFile(config.tempDir, config.suppressLock);
  // The function may end the process at any moment in module mode; its own processes must not be left behind.
  process.on('exit', (exitCode) => {
    mode.kill();
    lock.remove();
    if (ending) return;
    const message = `The function ended the process: exit status ${exitCode}`;
    log.line(message);
    writeTermination(config.terminationLog, { code: 'replica_crashed', message, exitCode }, log.tail());
    log.flush();
  });
  const onThrown = (error: unknown): void => {
    log.line(stackOf(error));
    const message = `An error was thrown that nothing caught: ${messageOf(error)}`;
    end(1, { code: 'replica_crashed', message, exitCode: 1 });
  };
  process.on('uncaughtException', onThrown).on('unhandledRejection', onThrown);
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    log.line(`${signal} received${stopping ? ' again: ending now' : ': shutting down'}`);
    if (stopping || watchdog === undefined) end(stopping ? 1 : 0);
    stopping = true;
    void watchdog!.drain().then(
      () => end(0),
      (error: Error) => {
        log.line(`Cannot shut down in order: ${error.message}`);
        end(1);
      },
    );
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);

  watchdog = new Watchdog({ config, log, mode, lock });
  try {
    await watchdog.start();
  } catch (error) {
    const { message } = error as Error;
    log.line(message);
    if (!terminating) end(BAD_START, { code: 'replica_crashed', message, exitCode: BAD_START });
    return;
  }
  log.flush();
  announceReady(config.readyFd);
}

/** What a process of the function gets: our own environment. */
function functionEnvironment(): Record<string, string> {
  return { ...process.env } as Record<string, string>;
}

function announceReady(fd: number | undefined): void {
  if (fd === undefined) return;
  try {
    writeSync(fd, '\n');
    closeSync(fd);
  } catch {
    // Whoever wanted to know is gone.
  }
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  ending = true;
  process.exit(BAD_START);
}
