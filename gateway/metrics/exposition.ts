import type { FunctionEntry } from '../invoke/function-entry.ts';
import { minimumOf } from '../scaling/decide.ts';
import type { FunctionScaler } from '../scaling/function-scaler.ts';
import type { CodeSlot } from './function-metrics.ts';
import type { Histogram } from './histogram.ts';

/**
 * All metrics of all functions in Prometheus' text format 0.0.4, in small pieces. Goes through `functions` once for
 * each metric, for the lines of a metric must stand together.
 */
export function* exposition(functions: Iterable<FunctionEntry>, scaler: ScalerOf): Iterable<string> {
  const entries = [...functions];
  for (const metric of FUNCTION_METRICS) {
    yield headOf(metric);
    for (const entry of entries) yield metric.lines(metric.name, entry, scaler);
  }
}

type ScalerOf = (entry: FunctionEntry) => FunctionScaler;

/** One metric over all functions. */
interface FunctionMetric {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** The lines of one function, each with its line feed. @param name the metric's own */
  lines(name: string, entry: FunctionEntry, scaler: ScalerOf): string;
}

/** Names, labels and buckets of contract 2.1, and the in-flight and readiness gauges of the commercial edition. */
const FUNCTION_METRICS: readonly FunctionMetric[] = [
  {
    name: 'gateway_function_invocation_total',
    type: 'counter',
    help: 'Calls that ended, by status code',
    lines: (name, { key, metrics }) =>
      perCode(metrics.codes, (slot) => `${name}{${labels(key, slot)}} ${slot.seconds.count}\n`),
  },
  {
    name: 'gateway_function_invocation_started',
    type: 'counter',
    help: 'Calls that began',
    lines: (name, entry) => simple(name, entry, entry.metrics.started),
  },
  {
    name: 'gateway_functions_seconds',
    type: 'histogram',
    help: 'Duration of calls, the wait for a replica included',
    lines: (name, { key, metrics }) =>
      perCode(metrics.codes, (slot) => histogram(name, labels(key, slot), slot.seconds)),
  },
  {
    name: 'gateway_function_invocation_inflight',
    type: 'gauge',
    help: 'Calls that have begun and have not ended',
    lines: (name, entry) => simple(name, entry, entry.metrics.inFlight),
  },
  {
    name: 'gateway_function_cold_starts_total',
    type: 'counter',
    help: 'Times that a call started a function from zero replicas',
    lines: (name, entry) => simple(name, entry, entry.metrics.coldStarts),
  },
  {
    name: 'gateway_function_wait_seconds',
    type: 'histogram',
    help: 'How long calls waited for a replica, cold starts above all; only those that waited',
    lines: (name, { key, metrics }) => perFunction(name, key, metrics.waitSeconds),
  },
  {
    name: 'gateway_function_request_bytes',
    type: 'histogram',
    help: 'Bodies of requests that a function answered',
    lines: (name, { key, metrics }) => perFunction(name, key, metrics.requestBytes),
  },
  {
    name: 'gateway_service_count',
    type: 'gauge',
    help: 'Desired replicas',
    lines: (name, entry) => simple(name, entry, entry.state.replicas),
  },
  {
    name: 'gateway_service_ready_count',
    type: 'gauge',
    help: 'Replicas that are ready for calls',
    lines: (name, entry) => simple(name, entry, entry.state.ready.length),
  },
  {
    name: 'gateway_service_min',
    type: 'gauge',
    help: 'The least replicas that it has while it runs, by label',
    lines: (name, entry, scaler) => simple(name, entry, minimumOf(scaler(entry).rules, undefined)),
  },
  {
    name: 'gateway_service_max',
    type: 'gauge',
    help: 'The most replicas that it may have, by label',
    lines: (name, entry, scaler) => simple(name, entry, scaler(entry).rules.max),
  },
  {
    name: 'gateway_service_target',
    type: 'gauge',
    help: 'Load that one replica is to have; of functions whose replicas follow their load',
    lines: (name, entry, scaler) => ofScaled(name, entry, scaler, ({ rules }) => rules.target),
  },
  {
    name: 'gateway_service_target_load',
    type: 'gauge',
    help: 'Load of all replicas together, in the unit of the target',
    lines: (name, entry, scaler) => ofScaled(name, entry, scaler, ({ decided }) => decided?.load ?? 0),
  },
  {
    name: 'gateway_function_predictions_total',
    type: 'counter',
    help: 'Calls after an idle time, by whether the prediction would have had a replica ready',
    lines: (name, entry, scaler) => {
      const { predicted } = scaler(entry);
      if (!predicted) return '';
      return (['warm', 'cold'] as const)
        .map((result) => `${name}{function_name="${entry.key}",result="${result}"} ${predicted[result]}\n`)
        .join('');
    },
  },
];

/** What stands above a metric's lines. */
const headOf = ({ name, type, help }: FunctionMetric): string => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;

const simple = (name: string, { key }: FunctionEntry, value: number): string =>
  `${name}{function_name="${key}"} ${value}\n`;

/** Names need no escaping: they are of a-z, 0-9, `-` and `.`. */
const labels = (key: string, { code }: CodeSlot): string => `function_name="${key}",code="${code}"`;

/** With the label that the commercial edition has (contract 2.1). */
function ofScaled(
  name: string,
  entry: FunctionEntry,
  scalerOf: ScalerOf,
  value: (scaler: FunctionScaler) => number,
): string {
  const scaler = scalerOf(entry);
  const { driver, type } = scaler.rules;
  if (driver !== 'autoscaler') return '';
  return `${name}{function_name="${entry.key}",scaling_type="${type}"} ${value(scaler)}\n`;
}

function perCode(slots: readonly CodeSlot[], line: (slot: CodeSlot) => string): string {
  let lines = '';
  for (const slot of slots) lines += line(slot);
  return lines;
}

const perFunction = (name: string, key: string, values: Histogram | undefined): string =>
  values === undefined ? '' : histogram(name, `function_name="${key}"`, values);

function histogram(name: string, labels: string, { bounds, buckets, count, sum }: Histogram): string {
  let lines = '';
  let below = 0;
  for (const [index, bound] of bounds.entries()) {
    below += buckets[index]!;
    lines += `${name}_bucket{le="${bound}",${labels}} ${below}\n`;
  }
  lines += `${name}_bucket{le="+Inf",${labels}} ${count}\n`;
  return `${lines}${name}_sum{${labels}} ${sum}\n${name}_count{${labels}} ${count}\n`;
}
