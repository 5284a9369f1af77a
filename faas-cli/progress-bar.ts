import type { Output } from './context.ts';

export interface ProgressBar {
  readonly update: (doneBytes: number) => void;
  /** Removes the bar. */
  readonly close: () => void;
}

/** What is over sooner needs no bar. */
const SLOW_MS = 1000;
const WIDTH = 30;

/** A bar on a terminal for what takes longer than a second; nothing elsewhere. */
export function progressBar(output: Output, label: string, totalBytes: number): ProgressBar {
  if (!output.isTTY) return { update: () => {}, close: () => {} };
  const started = performance.now();
  let shown = '';
  return {
    update(doneBytes) {
      if (performance.now() - started < SLOW_MS) return;
      const line = barLine(label, doneBytes, totalBytes);
      if (line !== shown) output.write(`\r${line}`);
      shown = line;
    },
    close() {
      if (shown !== '') output.write(`\r${' '.repeat(shown.length)}\r`);
    },
  };
}

export function barLine(label: string, doneBytes: number, totalBytes: number): string {
  const share = totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes);
  const filled = Math.round(share * WIDTH);
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `${label} [${'='.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${percent}% of ${(totalBytes / 1e6).toFixed(1)} MB`;
}
