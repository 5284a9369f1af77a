import { HttpServer } from '../../common/http/server/server.ts';
import type { Metrics } from './metrics.ts';

/** Answers `/metrics`, in Prometheus' text format. */
export function metricsServer(metrics: Metrics, requestTimeoutMs: number): HttpServer {
  return new HttpServer({
    requestTimeoutMs,
    onRequest: (req, res) => {
      if (!/^\/metrics(?:\?|$)/.test(req.url)) res.writeHead(404).end();
      else res.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4' }).end(metrics.exposition());
    },
  });
}
