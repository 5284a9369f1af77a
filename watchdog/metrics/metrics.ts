/** Upper bounds in seconds: Prometheus' default buckets, which the original uses (contract 2.3). */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Series {
  readonly labels: string;
  /** Per bucket, not cumulative; the last is +Inf. */
  readonly buckets: number[];
  count: number;
  sum: number;
}

/** Methods with a label of their own; others share one, so that callers cannot grow the metrics. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE']);

/** Counts calls for Prometheus. Source of names and labels: openfaas-contract.md 2.3. */
export class Metrics {
  readonly #byMethod = new Map<string, Map<number, Series>>();
  #inFlight = 0;

  begin(): void {
    this.#inFlight++;
  }

  end(method: string, code: number, seconds: number): void {
    this.#inFlight--;
    const series = this.#series(METHODS.has(method) ? method : 'OTHER', code);
    series.count++;
    series.sum += seconds;
    let bucket = 0;
    while (bucket < BUCKETS.length && seconds > BUCKETS[bucket]!) bucket++;
    series.buckets[bucket]!++;
  }

  /** Prometheus' text format 0.0.4. */
  exposition(): string {
    const all = [...this.#byMethod.values()].flatMap((codes) => [...codes.values()]);
    return [
      '# HELP http_requests_total Requests answered, by status code and method.',
      '# TYPE http_requests_total counter',
      ...all.map(({ labels, count }) => `http_requests_total{${labels}} ${count}`),
      '# HELP http_request_duration_seconds Time from a request to the end of its answer.',
      '# TYPE http_request_duration_seconds histogram',
      ...all.flatMap(histogram),
      '# HELP http_requests_in_flight Requests being answered.',
      '# TYPE http_requests_in_flight gauge',
      `http_requests_in_flight ${this.#inFlight}`,
      '',
    ].join('\n');
  }

  #series(method: string, code: number): Series {
    let codes = this.#byMethod.get(method);
    if (codes === undefined) this.#byMethod.set(method, (codes = new Map()));
    let series = codes.get(code);
    if (series === undefined) {
      const labels = `code="${code}",method="${method.toLowerCase()}"`;
      codes.set(code, (series = { labels, buckets: new Array(BUCKETS.length + 1).fill(0), count: 0, sum: 0 }));
    }
    return series;
  }
}

function histogram({ labels, buckets, count, sum }: Series): string[] {
  let below = 0;
  const name = 'http_request_duration_seconds';
  return [
    ...BUCKETS.map((bound, i) => `${name}_bucket{${labels},le="${bound}"} ${(below += buckets[i]!)}`),
    `${name}_bucket{${labels},le="+Inf"} ${count}`,
    `${name}_sum{${labels}} ${sum}`,
    `${name}_count{${labels}} ${count}`,
  ];
}
