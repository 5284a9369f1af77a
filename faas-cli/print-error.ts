import { isFaasError } from '../common/errors.ts';
import type { Problem } from '../common/http/problem.ts';
import type { Surroundings } from './context.ts';
import { describeSystemError } from './system-error.ts';

/** What a failure prints: one or few lines, first letter a capital; a stack only with FAAS_DEBUG=1. */
export function printError(error: unknown, { stderr, env }: Pick<Surroundings, 'stderr' | 'env'>): void {
  stderr.write(`${describeError(error)}\n`);
  if (env.FAAS_DEBUG === '1' && error instanceof Error) stderr.write(`${stackOf(error)}\n`);
}

/** Fixed text (contract 5.1). */
export const UNAUTHORIZED = 'unauthorized access, run "faas-cli login" to setup authentication for this server';

export function describeError(error: unknown): string {
  if (isResponseError(error) && error.status === 401) return capitalise(UNAUTHORIZED);
  if (isResponseError(error) && error.problem) {
    const { title, detail, ...rest } = error.problem;
    return capitalise(describeProblem({ ...rest, detail: detail || title }));
  }
  if (isFaasError(error)) return capitalise([error.message, ...logLines(error.extra?.lastLogLines)].join('\n'));
  if (error instanceof Error) return capitalise(describeSystemError(error) ?? (error.message || error.name));
  return capitalise(String(error));
}

/** Title, detail, call id and last log lines of a problem, for reading. */
export function describeProblem(problem: Partial<Problem>): string {
  const { title, detail, callId } = problem;
  const lines = [detail && detail !== title && title ? `${title}: ${detail}` : (detail ?? title ?? 'unknown problem')];
  if (typeof callId === 'string') lines.push(`call id: ${callId}`);
  return [...lines, ...logLines(problem.lastLogLines)].join('\n');
}

export function logLines(given: unknown): string[] {
  if (!Array.isArray(given) || given.length === 0) return [];
  return ['last log lines:', ...given.map((line) => `  ${line}`)];
}

/** A file's name, as in `stack.yaml:3:5: ...`, keeps its case. */
const capitalise = (text: string): string =>
  /^\S+:\d+:/.test(text) ? text : text.slice(0, 1).toUpperCase() + text.slice(1);

interface ResponseErrorLike extends Error {
  readonly status: number;
  readonly problem: Problem | undefined;
}
/** By name: provider/client-http.ts loads node-fetch, which most failures do without. */
const isResponseError = (error: unknown): error is ResponseErrorLike =>
  error instanceof Error && error.name === 'ResponseError';

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by: ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
