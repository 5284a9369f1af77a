import type { IncomingMessage, ServerResponse } from 'node:http';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FaasError } from '../../../common/errors.ts';
import type { FunctionContext, InitContext } from './context.ts';
import type { FunctionEvent } from './event.ts';
import type { ExpressRequest, ExpressResponse } from './express.ts';

/** What a handler file may be, by what it exports; see {@link loadHandler}. */
export type Handler =
  | { readonly style: 'event'; readonly call: (event: FunctionEvent, context: FunctionContext) => unknown }
  | { readonly style: 'fetch'; readonly call: (request: Request, context: FunctionContext) => unknown }
  | { readonly style: 'node'; readonly call: (req: IncomingMessage, res: ServerResponse) => unknown }
  | { readonly style: 'express'; readonly call: (req: ExpressRequest, res: ExpressResponse) => unknown };

export interface LoadedHandler {
  readonly handler: Handler;
  /** Awaited before the function is ready. */
  readonly init?: (context: InitContext) => unknown;
  /** Called after the last call has been answered. */
  readonly shutdown?: () => unknown;
}

type Exports = Readonly<Record<string, unknown>>;

/**
 * Loads a handler file and tells its style by the names of its exports, the first of these that is a function:
 *
 * - `fetch`, also as a method of the default export: `(Request, context) => Response`, as Bun and Workers have it;
 * - `node`: `(req, res)` with the objects of node:http, such as an Express app; an app may be the default export too;
 * - `express`: `(req, res)` with the conveniences of Express: `req.body`, `req.query`, `res.status()`, `res.json()` ...;
 * - the default export, `handler` or `handle`: `(event, context)`.
 *
 * @throws Error when the file cannot be loaded or exports none of these
 */
export async function loadHandler(file: string): Promise<LoadedHandler> {
  const loaded = (await import(pathToFileURL(resolve(file)).href)) as Exports;
  const handler = pick(loaded);
  if (handler === undefined)
    throw new FaasError(
      'invalid_request',
      'it exports no handler; export a default function (event, context), or one named fetch, node or express',
    );
  const init = hook(loaded, 'init');
  const shutdown = hook(loaded, 'shutdown');
  return { handler, ...(init && { init }), ...(shutdown && { shutdown }) };
}

function pick(loaded: Exports): Handler | undefined {
  for (const style of ['fetch', 'node', 'express'] as const) {
    const call = member(loaded, style);
    if (call !== undefined) return { style, call } as Handler;
  }
  const main = loaded.default ?? loaded;
  if (isApp(main)) return { style: 'node', call: main };
  const call = typeof main === 'function' ? main : (member(loaded, 'handler') ?? member(loaded, 'handle'));
  return call === undefined ? undefined : { style: 'event', call: call as never };
}

/** An Express app has an `init` of its own, which is not for us; in CommonJS its methods look like exports. */
function hook(loaded: Exports, name: 'init' | 'shutdown'): (() => unknown) | undefined {
  const app = loaded.default ?? loaded;
  if (!isApp(app)) return member(loaded, name);
  const direct = loaded[name];
  return typeof direct === 'function' && direct !== (app as unknown as Exports)[name] ? (direct as never) : undefined;
}

/** An app of Express, or of what is made like it: a function that takes middleware and hands requests to it. */
function isApp(value: unknown): value is (req: IncomingMessage, res: ServerResponse) => unknown {
  if (typeof value !== 'function') return false;
  const { use, handle } = value as unknown as Exports;
  return typeof use === 'function' && typeof handle === 'function';
}

/** A function of that name among the exports, or of the object that is the default export (module.exports too). */
function member(loaded: Exports, name: string): ((...args: never[]) => unknown) | undefined {
  const direct = loaded[name];
  if (typeof direct === 'function') return direct as never;
  const main = loaded.default as Exports | null | undefined;
  // A function's own properties too: `module.exports = handler; module.exports.init = ...`.
  if ((typeof main !== 'object' && typeof main !== 'function') || main === null) return undefined;
  const inner = Object.hasOwn(main, name) || typeof main === 'object' ? main[name] : undefined;
  if (typeof inner !== 'function') return undefined;
  // An Express app is a function with a `handle` of its own; it is called as the app.
  return (typeof main === 'object' ? inner.bind(main) : inner) as never;
}
