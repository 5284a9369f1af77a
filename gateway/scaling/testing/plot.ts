import type { Moment } from './simulation.ts';

const COLUMNS = 90;
const ROWS = 10;

/** Replicas as bars and the replicas that the load needs as dots, by time, in text. */
export function plot(moments: readonly Moment[], needed: (moment: Moment) => number): string {
  const columns = Array.from({ length: COLUMNS }, (_, column) => {
    const part = moments.slice(
      Math.floor((column * moments.length) / COLUMNS),
      Math.floor(((column + 1) * moments.length) / COLUMNS),
    );
    return { replicas: Math.max(...part.map(({ desired }) => desired)), needed: Math.max(...part.map(needed)) };
  });
  const top = Math.max(...columns.map(({ replicas, needed: dots }) => Math.max(replicas, dots)));
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const level = (top * (ROWS - row)) / ROWS;
    const below = (top * (ROWS - row - 1)) / ROWS;
    const marks = columns.map(({ replicas, needed: dots }) =>
      dots > below && dots <= level ? '●' : replicas > below ? '█' : ' ',
    );
    return `${level.toFixed(1).padStart(5)} ┤${marks.join('')}`.trimEnd();
  });
  const axis = `      └${'─'.repeat(COLUMNS)}`;
  const end = `${moments.length} s`;
  return [...lines, axis, `       0${end.padStart(COLUMNS - 1)}`].join('\n');
}
