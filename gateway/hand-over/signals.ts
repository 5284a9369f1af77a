/** What is used of `process`. */
export interface SignalledProcess extends NodeJS.EventEmitter {
  exit(code: number): never;
  kill(pid: number, signal: NodeJS.Signals): boolean;
}

/** What a person or a service manager asks of this process. */
export interface Signals {
  readonly stop: AbortController;
  /** Resolves with the first signal to stop, once no hand-over is under way, if this gateway still serves then. */
  readonly stopped: Promise<'stopped'>;
  /** `takeOver` is called for SIGUSR2, one at a time, also for one that came already. */
  onTakeOver(takeOver: () => Promise<void>): void;
  /** From now on all signals are another process's. */
  passTo(pid: () => number): void;
}

/** The first signal stops, the second ends at once; SIGUSR2 asks for a successor. */
export function onSignals(process: SignalledProcess): Signals {
  const stop = new AbortController();
  const { promise: stopped, resolve } = Promise.withResolvers<'stopped'>();
  let other: (() => number) | undefined;
  let asked = false;
  let takeOver: (() => Promise<void>) | undefined;
  let takingOver: Promise<void> | undefined;

  const look = (): void => {
    if (!asked || !takeOver || takingOver || stop.signal.aborted) return;
    asked = false;
    takingOver = takeOver().finally(() => {
      takingOver = undefined;
      look();
    });
  };
  const pass = (to: () => number, signal: NodeJS.Signals): void => {
    try {
      process.kill(to(), signal);
    } catch {
      // It has ended: so will this process.
    }
  };
  const onStop = async (signal: NodeJS.Signals, number: number): Promise<void> => {
    if (other) return pass(other, signal);
    if (stop.signal.aborted) process.exit(128 + number);
    stop.abort();
    // Whoever serves after that is the one to stop.
    await takingOver;
    if (other) pass(other, signal);
    else resolve('stopped');
  };

  for (const [signal, number] of Object.entries({ SIGINT: 2, SIGTERM: 15, SIGHUP: 1 }))
    process.on(signal, () => void onStop(signal as NodeJS.Signals, number));
  process.on('SIGUSR2', () => {
    asked = true;
    if (other) pass(other, 'SIGUSR2');
    else look();
  });
  return {
    stop,
    stopped,
    onTakeOver(start) {
      takeOver = start;
      look();
    },
    passTo(pid) {
      other = pid;
    },
  };
}
