import type { StatusJson } from '../provider/wire/status.ts';
import { logLines } from './print-error.ts';

export interface Described extends StatusJson {
  readonly Status: string;
  readonly URL: string;
  readonly AsyncURL: string;
}

const WIDTH = 21;
/** Where sections' items begin. */
const INDENT = ' ';

/**
 * `Key: value` lines and sections, in OpenFaaS's order (contract 5.4), with the last failure, which is ours.
 *
 * @param verbose shows what is not set, as `<none>`
 */
export function describeFunction(fn: Described, verbose: boolean): string {
  const lines = [
    scalar('Name', fn.name),
    scalar('Status', fn.Status),
    scalar('Replicas', String(fn.replicas ?? 0)),
    scalar('Available Replicas', String(fn.availableReplicas ?? 0)),
    scalar('Invocations', String(Math.trunc(fn.invocationCount ?? 0))),
    scalar('Image', fn.image, verbose),
    scalar('Function Process', fn.envProcess || '<default>'),
    scalar('URL', fn.URL),
    scalar('Async URL', fn.AsyncURL),
    ...section('Labels', pairs(fn.labels), verbose),
    ...section('Annotations', pairs(fn.annotations), verbose),
    ...section(
      'Constraints',
      (fn.constraints ?? []).map((item) => ` - ${item}`),
      verbose,
    ),
    ...section('Environment', pairs(fn.envVars), verbose),
    ...section(
      'Secrets',
      (fn.secrets ?? []).map((item) => ` - ${item}`),
      verbose,
    ),
    ...section('Requests', quantities(fn.requests), verbose),
    ...section('Limits', quantities(fn.limits), verbose),
    ...section('Usage', usage(fn), verbose),
    ...section('Scaling', scaling(fn.scaling), verbose),
    ...failure(fn),
  ];
  return `${lines.filter((line) => line !== undefined).join('\n')}\n`;
}

function scalar(key: string, value: string, verbose = true): string | undefined {
  if (value === '' && !verbose) return undefined;
  return `${`${key}:`.padEnd(WIDTH)}${value || '<none>'}`;
}

function section(title: string, items: readonly string[], verbose: boolean): string[] {
  if (items.length === 0) return verbose ? [scalar(title, '')!] : [];
  return [`${title}:`, ...items];
}

const pairs = (record: Readonly<Record<string, string>> | undefined | null): string[] =>
  Object.entries(record ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${INDENT}${key}: ${value}`);

const quantities = (given: StatusJson['limits']): string[] =>
  [
    ['CPU', given?.cpu],
    ['Memory', given?.memory],
  ]
    .filter(([, value]) => value)
    .map(([key, value]) => `${INDENT}${key}: ${value}`);

function usage({ usage: used }: StatusJson): string[] {
  if (!used) return [];
  const megabytes = ((used.totalMemoryBytes ?? 0) / 1024 / 1024).toFixed(2);
  return [`${INDENT}RAM: ${megabytes} MB`, `${INDENT}CPU: ${Math.round(used.cpu ?? 0)} Mi`];
}

function scaling(given: StatusJson['scaling']): string[] {
  if (!given) return [];
  const { driver, min, max, type, target, proportion, load, zeroAfterSeconds, scheduled, prediction, decision } = given;
  const replicas = (count: number): string => `${count} replica${count === 1 ? '' : 's'}`;
  return [
    `By: ${driver}`,
    `Replicas: ${min} to ${max}`,
    type && `Target: ${target} ${type} each, ${(proportion ?? 1) * 100} % of it`,
    load !== undefined && `Load: ${load} ${type}`,
    zeroAfterSeconds && `To zero: after ${zeroAfterSeconds} s without a call`,
    scheduled?.minimum !== undefined && `Scheduled minimum: ${scheduled.minimum}`,
    scheduled?.next && `Next of the schedule: ${scheduled.next}`,
    prediction &&
      `Prediction: ${prediction.mode}${prediction.used ? ', used' : ''}, ${prediction.warm} of ${prediction.warm + prediction.cold} calls after idling were foreseen`,
    decision && `Last decision: ${replicas(decision.replicas)}, ${decision.reason} (since ${decision.at})`,
    ...(given.ignored ?? []).map((label) => `Ignored: ${label}`),
  ]
    .filter((line) => typeof line === 'string' && line !== '')
    .map((line) => `${INDENT}${line}`);
}

function failure({ failure: last }: StatusJson): string[] {
  if (!last) return [];
  const details = [
    `${INDENT}Code: ${last.code}`,
    `${INDENT}Message: ${last.message}`,
    last.exitCode === undefined ? undefined : `${INDENT}Exit code: ${last.exitCode}`,
    last.signal === undefined ? undefined : `${INDENT}Signal: ${last.signal}`,
    last.callId === undefined ? undefined : `${INDENT}Call id: ${last.callId}`,
    `${INDENT}At: ${last.at}`,
    ...logLines(last.lastLogLines).map((line) => `${INDENT}${line}`),
  ];
  return ['Last failure:', ...details.filter((line) => line !== undefined)];
}
