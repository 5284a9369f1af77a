import { Agent, request } from 'node:http';
import { setTimeout } from 'node:timers/promises';

export interface CallOutcome {
  /** 0: there was no answer. */
  readonly status: number;
  readonly ms: number;
}

/** So many calls a second for so long, whatever becomes of those before. Resolves once all have ended. */
export async function steadyCalls(url: string, perSecond: number, seconds: number): Promise<readonly CallOutcome[]> {
  const agent = new Agent({ keepAlive: true });
  const calls: Promise<CallOutcome>[] = [];
  const began = performance.now();
  for (;;) {
    const elapsed = (performance.now() - began) / 1000;
    const due = Math.min(elapsed, seconds) * perSecond;
    while (calls.length < due) calls.push(call(url, agent));
    if (elapsed >= seconds) break;
    await setTimeout(1);
  }
  const outcomes = await Promise.all(calls);
  agent.destroy();
  return outcomes;
}

function call(url: string, agent: Agent): Promise<CallOutcome> {
  const began = performance.now();
  const { promise, resolve } = Promise.withResolvers<CallOutcome>();
  const end = (status: number): void => resolve({ status, ms: performance.now() - began });
  request(url, { method: 'POST', agent })
    .on('response', (answer) =>
      answer
        .resume()
        .on('end', () => end(answer.statusCode!))
        .on('error', () => end(0)),
    )
    .on('error', () => end(0))
    .end('x');
  return promise;
}
