/** One that was taken is replaced within about so long: starts that come closer together need one each. */
const SLOT_MS = 1000;
/** The next burst may well be like the last, if it comes within so long. */
const REMEMBERED_MS = 10 * 60_000;

/** Starts that a pooled process could serve, counted by the second that they came in; oldest first. */
export type Demand = readonly { readonly slot: number; readonly starts: number }[];

/** After one more start. @param now milliseconds on the caller's clock */
export function withStart(demand: Demand, now: number): Demand {
  const slot = Math.floor(now / SLOT_MS);
  const before = demand.filter((each) => each.slot !== slot && !isForgotten(each.slot, now));
  const starts = demand.find((each) => each.slot === slot)?.starts ?? 0;
  return [...before, { slot, starts: starts + 1 }];
}

/** How many processes should wait: as many as the busiest second of the last ten minutes took, 1 to `most`. */
export function poolSize(demand: Demand, now: number, most: number): number {
  const remembered = demand.filter(({ slot }) => !isForgotten(slot, now));
  return Math.min(most, Math.max(1, ...remembered.map(({ starts }) => starts)));
}

const isForgotten = (slot: number, now: number): boolean => now - slot * SLOT_MS > REMEMBERED_MS;
