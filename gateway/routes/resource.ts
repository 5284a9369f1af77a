import type { Express, Request, Response } from 'express';
import type { Verdict } from '../auth/basic-auth.ts';
import { clientAddress } from '../client-address.ts';
import { sendFailure, sendUnauthorized } from './answer.ts';

/** Answers one request; what it throws becomes the answer of {@link sendFailure}. */
export type Handler = (req: Request, res: Response) => Promise<void> | void;
export type Methods = Readonly<Partial<Record<'GET' | 'POST' | 'PUT' | 'DELETE', Handler>>>;

/** Adds the routes of one resource: `methods` at `path`, 405 with an empty body for any other (contract 1.1). */
export type AddResource = (path: string, methods: Methods) => void;

/** Decides by an Authorization header and the address it came from. */
export type Guard = (authorization: string | undefined, address: string) => Verdict;
/** Lets everybody in. */
export const unguarded: Guard = () => 'granted';

/** Resources behind a guard. */
export const resources =
  (app: Express, guard: Guard): AddResource =>
  (path, methods) => {
    app.all(path, (req, res) => dispatch(methods, guard, req, res));
  };

async function dispatch(methods: Methods, guard: Guard, req: Request, res: Response): Promise<void> {
  // HEAD is a wrong verb too: OpenFaaS's router knows the listed ones only.
  const handler = methods[req.method as keyof Methods];
  if (handler === undefined) return void res.status(405).end();
  const verdict = guard(req.headers.authorization, clientAddress(req));
  if (verdict !== 'granted') return sendUnauthorized(req, res, verdict);
  try {
    await handler(req, res);
  } catch (error) {
    sendFailure(req, res, error);
  }
}

/** The part of the path after the last slash, which a route captured as `name`. */
export const nameInPath = (req: Request): string => String(req.params.name ?? '');

/** The last value of a query's key; an empty one is absent. */
export function queryValue(req: Request, key: string): string | undefined {
  return queryOf(req).getAll(key).at(-1) || undefined;
}

export function queryOf({ url }: Request): URLSearchParams {
  const mark = url.indexOf('?');
  return new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1));
}
