import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import express from 'express';
import { isFaasError } from '../common/errors.ts';
import { CLIENT_CLOSED } from '../common/http/status-codes.ts';
import type { Provider } from '../provider/provider.ts';
import type { VersionJson } from '../provider/wire/info.ts';
import { LogQueryError } from '../provider/wire/logs.ts';
import type { GatewayAuth } from './auth/gateway-auth.ts';
import type { TokenStore } from './auth/token-store.ts';
import type { GatewayConfig } from './config.ts';
import type { RouteTable } from './invoke/route-table.ts';
import type { Log } from './log.ts';
import { alertRoutes } from './routes/alert.ts';
import { type Answer, kFailure, sendFailure, sendNotFound } from './routes/answer.ts';
import { bundlesRoutes } from './routes/bundles.ts';
import { functionRoutes } from './routes/function.ts';
import { functionsRoutes } from './routes/functions.ts';
import { healthRoutes } from './routes/health.ts';
import { infoRoutes } from './routes/info.ts';
import { logsRoutes } from './routes/logs.ts';
import { namespacesRoutes } from './routes/namespaces.ts';
import { resources, unguarded } from './routes/resource.ts';
import { secretsRoutes } from './routes/secrets.ts';
import { telemetryRoutes } from './routes/telemetry.ts';
import { tokensRoutes } from './routes/tokens.ts';
import type { Autoscaler } from './scaling/autoscaler.ts';

export interface ControlPlaneDeps {
  readonly provider: Provider;
  readonly routes: RouteTable;
  readonly autoscaler: Autoscaler;
  readonly auth: GatewayAuth;
  readonly tokens: TokenStore;
  readonly config: GatewayConfig;
  readonly version: VersionJson;
  readonly log: Log;
  /** Aborts when the gateway stops. */
  readonly stopping: AbortSignal;
}

/** All that is no call of a function: the REST API (contract 1), served by express. */
export function controlPlane(deps: ControlPlaneDeps): RequestListener {
  const { provider, config, routes, autoscaler, auth, tokens, version, log, stopping } = deps;
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.enable('case sensitive routing').enable('strict routing');
  app.use((req, res, next) => {
    logRequest(log, req, res);
    next();
  });

  const open = resources(app, unguarded);
  const guarded = resources(app, auth.system);
  const { readTimeoutMs, maxBundleBytes } = config;
  functionsRoutes(guarded, { provider, routes, readTimeoutMs });
  functionRoutes(guarded, { provider, routes, autoscaler, readTimeoutMs });
  secretsRoutes(guarded, { provider, readTimeoutMs });
  namespacesRoutes(guarded, { provider, readTimeoutMs });
  logsRoutes(guarded, provider, stopping);
  alertRoutes(guarded, { provider, routes, autoscaler, readTimeoutMs });
  telemetryRoutes(guarded, provider, routes);
  infoRoutes(guarded, provider, version);
  bundlesRoutes(guarded, { provider, maxBundleBytes });
  tokensRoutes(guarded, { tokens, readTimeoutMs });
  healthRoutes(open, () => stopping.aborted);
  open('/', {
    GET(_req, res) {
      res.writeHead(307, { location: '/ui/', 'content-length': 0 }).end();
    },
  });

  app.use((_req: IncomingMessage, res: ServerResponse) => sendNotFound(res));
  // Express tells an error handler by its four parameters; only a path that cannot be decoded comes here.
  app.use((error: unknown, req: IncomingMessage, res: ServerResponse, _next: unknown) => {
    if ((error as { status?: unknown }).status === 400) sendNotFound(res);
    else sendFailure(req, res, error);
  });
  return app;
}

/** One line when the answer is through; without query and headers, which may carry what is nobody's business. */
function logRequest(log: Log, req: IncomingMessage, res: Answer): void {
  const startedAt = performance.now();
  const path = req.url!.split('?', 1)[0]!;
  res.once('close', () => {
    const status = res.writableFinished ? res.statusCode : CLIENT_CLOSED;
    const failure = res[kFailure];
    const known = isFaasError(failure) || failure instanceof LogQueryError;
    const fields = {
      method: req.method,
      path,
      status,
      durationMs: Math.round(performance.now() - startedAt),
      ...(known ? { detail: failure.message } : failure !== undefined && { err: failure }),
    };
    const message = `${req.method} ${path} ${status}`;
    // Clients find out by such a PUT whether there is something to update, or to upload.
    const asks = req.method === 'PUT' || req.method === 'GET';
    if (status >= 500 && status !== 501) log.error(fields, message);
    else if (status === 404 && asks) log.debug(fields, message);
    else if (status >= 400) log.warn(fields, message);
    else if (req.method === 'GET') log.debug(fields, message);
    else log.info(fields, message);
  });
}
