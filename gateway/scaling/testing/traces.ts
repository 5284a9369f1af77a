/** Calls in flight by the second, in shapes that load has. */
export const TRACES: Readonly<Record<string, { readonly seconds: number; offered(second: number): number }>> = {
  steady: { seconds: 600, offered: (second) => (second < 10 || second >= 400 ? 0 : 41) },
  burst: {
    seconds: 600,
    offered: (second) => (second < 10 || second >= 400 ? 0 : second >= 150 && second < 170 ? 60 : 6),
  },
  ramp: {
    seconds: 900,
    offered: (second) => (second < 10 ? 0 : second < 310 ? (second - 10) / 4 : Math.max(0, (610 - second) / 4)),
  },
  'on-off': { seconds: 600, offered: (second) => (second < 400 && Math.floor(second / 30) % 2 === 1 ? 30 : 0) },
  /** A day in an hour. */
  diurnal: { seconds: 3600, offered: (second) => Math.max(0, 35 - 45 * Math.cos((2 * Math.PI * second) / 3600)) },
};

/** Of all traces: 5 in flight each, to zero after a minute. */
export const LABELS = {
  'com.openfaas.scale.type': 'capacity',
  'com.openfaas.scale.target': '5',
  'com.openfaas.scale.max': '30',
  'com.openfaas.scale.zero': 'true',
  'com.openfaas.scale.zero-duration': '60s',
};
