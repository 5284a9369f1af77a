import type { FunctionEntry } from '../invoke/function-entry.ts';
import { type CodeSlot, DURATION_BUCKETS } from './function-metrics.ts';

/**
 * All metrics of all functions in Prometheus' text format 0.0.4, in small pieces. Goes through `functions` once for each
 * metric, for the lines of a metric must stand together.
 */
export function* exposition(functions: Iterable<FunctionEntry>): Iterable<string> {
  const entries = [...functions];
  for (const metric of FUNCTION_METRICS) {
    yield headOf(metric);
    for (const entry of entries) yield metric.lines(entry);
  }
}

/** One metric over all functions. */
interface FunctionMetric {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** The lines of one function, each with its line feed. */
  lines(entry: FunctionEntry): string;
}

/** Names, labels and buckets of contract 2.1, and the in-flight and readiness gauges of the commercial edition. */
const FUNCTION_METRICS: readonly FunctionMetric[] = [
  {
    name: 'gateway_function_invocation_total',
    type: 'counter',
    help: 'Calls that ended, by status code',
    lines: ({ key, metrics }) =>
      perCode(metrics.codes, (slot) => `gateway_function_invocation_total{${labels(key, slot)}} ${slot.count}\n`),
  },
  {
    name: 'gateway_function_invocation_started',
    type: 'counter',
    help: 'Calls that began',
    lines: (entry) => simple('gateway_function_invocation_started', entry, entry.metrics.started),
  },
  {
    name: 'gateway_functions_seconds',
    type: 'histogram',
    help: 'Duration of calls, the wait for a replica included',
    lines: ({ key, metrics }) => perCode(metrics.codes, (slot) => histogram(labels(key, slot), slot)),
  },
  {
    name: 'gateway_function_invocation_inflight',
    type: 'gauge',
    help: 'Calls that have begun and have not ended',
    lines: (entry) => simple('gateway_function_invocation_inflight', entry, entry.metrics.inFlight),
  },
  {
    name: 'gateway_function_cold_starts_total',
    type: 'counter',
    help: 'Times that a call started a function from zero replicas',
    lines: (entry) => simple('gateway_function_cold_starts_total', entry, entry.metrics.coldStarts),
  },
  {
    name: 'gateway_service_count',
    type: 'gauge',
    help: 'Desired replicas',
    lines: (entry) => simple('gateway_service_count', entry, entry.state.replicas),
  },
  {
    name: 'gateway_service_ready_count',
    type: 'gauge',
    help: 'Replicas that are ready for calls',
    lines: (entry) => simple('gateway_service_ready_count', entry, entry.state.ready.length),
  },
];

/** What stands above a metric's lines. */
const headOf = ({ name, type, help }: FunctionMetric): string => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;

const simple = (name: string, { key }: FunctionEntry, value: number): string =>
  `${name}{function_name="${key}"} ${value}\n`;

/** Names need no escaping: they are of a-z, 0-9, `-` and `.`. */
const labels = (key: string, { code }: CodeSlot): string => `function_name="${key}",code="${code}"`;

function perCode(slots: readonly CodeSlot[], line: (slot: CodeSlot) => string): string {
  let lines = '';
  for (const slot of slots) lines += line(slot);
  return lines;
}

function histogram(labels: string, { buckets, count, sumSeconds }: CodeSlot): string {
  let lines = '';
  let below = 0;
  for (const [index, bound] of DURATION_BUCKETS.entries()) {
    below += buckets[index]!;
    lines += `gateway_functions_seconds_bucket{le="${bound}",${labels}} ${below}\n`;
  }
  lines += `gateway_functions_seconds_bucket{le="+Inf",${labels}} ${count}\n`;
  return `${lines}gateway_functions_seconds_sum{${labels}} ${sumSeconds}\ngateway_functions_seconds_count{${labels}} ${count}\n`;
}
