import { once } from 'node:events';
import type { Provider } from '../../provider/provider.ts';
import { encodeLogMessage, parseLogQuery } from '../../provider/wire/logs.ts';
import { requestSignal } from './request-signal.ts';
import { type AddResource, queryOf } from './resource.ts';

/**
 * `/system/logs`: lines of JSON that end with the query's lines, or with `follow` when the client goes or the gateway
 * stops (contract 1.10).
 */
export function logsRoutes(add: AddResource, provider: Provider, stopping: AbortSignal): void {
  add('/system/logs', {
    async GET(req, res) {
      const query = parseLogQuery(queryOf(req));
      const signal = AbortSignal.any([requestSignal(res), stopping]);
      // To throw for an unknown function before the head is written.
      const lines = provider.logs(query, signal)[Symbol.asyncIterator]();
      try {
        // A quiet log that is followed has no first line to wait for with the head.
        const first = lines.next();
        first.catch(() => undefined);
        await provider.describe(query, { usage: false }, signal);
        res.writeHead(200, { 'content-type': 'application/x-ndjson' });
        res.flushHeaders();
        for (let line = await first; !line.done; line = await lines.next())
          if (!res.write(encodeLogMessage(line.value))) await once(res, 'drain', { signal });
        res.end();
      } catch (error) {
        if (!signal.aborted) throw error;
        res.end();
      } finally {
        await lines.return?.();
      }
    },
  });
}
