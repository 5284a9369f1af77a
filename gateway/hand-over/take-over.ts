import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, runningGateway } from '../data-lock.ts';

const LOOK_MS = 50;

/** What became of the last hand-over, for whoever asked for it. */
export type TakeOverResult = { readonly pid: number; readonly replaced: number } | { readonly failure: string };

const resultFile = (dataFolder: string): string => join(dataFolder, 'take-over.json');

export function writeTakeOverResult(dataFolder: string, result: TakeOverResult): void {
  const file = resultFile(dataFolder);
  writeFileSync(`${file}.new`, JSON.stringify({ at: new Date().toISOString(), ...result }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/**
 * Asks the gateway that runs on the folder to be replaced by a new one, and waits until that serves.
 *
 * @param signal sends a process a signal
 * @returns what happened, in a sentence
 * @throws Error that says why nothing was replaced
 */
export async function askForTakeOver(dataFolder: string, signal: (pid: number) => void): Promise<string> {
  const asked = runningGateway(dataFolder);
  if (asked === undefined) throw new Error(`No gateway runs on ${dataFolder}; start one without --take-over`);
  const { pid } = asked;
  const before = readResult(dataFolder)?.at;
  try {
    signal(pid);
  } catch (error) {
    throw new Error(`The gateway with process id ${pid} cannot be asked: ${(error as Error).message}`);
  }
  for (;;) {
    const ended = !isRunning(asked);
    const result = readResult(dataFolder);
    if (result !== undefined && result.at !== before) {
      if ('failure' in result) throw new Error(`The gateway with process id ${pid} goes on: ${result.failure}`);
      return `The gateway with process id ${result.replaced} was replaced by process ${result.pid}.`;
    }
    if (ended)
      throw new Error(
        `The gateway with process id ${pid} has ended, and none replaced it; start one without --take-over`,
      );
    await delay(LOOK_MS);
  }
}

function readResult(dataFolder: string): (TakeOverResult & { readonly at: string }) | undefined {
  try {
    return JSON.parse(readFileSync(resultFile(dataFolder), 'utf8')) as TakeOverResult & { readonly at: string };
  } catch {
    return undefined;
  }
}
