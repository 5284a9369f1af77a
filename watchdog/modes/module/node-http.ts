import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { HttpRequest, HttpResponse } from '../../../common/http/message.ts';

/**
 * A request and its answer for handlers written for node:http. What they have from our classes becomes their own,
 * because Express puts a prototype made from node:http's under them, which knows nothing of our fields.
 */
export function asNodeHttp(req: HttpRequest, res: HttpResponse): { req: IncomingMessage; res: ServerResponse } {
  own(req, Readable.prototype);
  own(res, EventEmitter.prototype);
  return { req: req as unknown as IncomingMessage, res: res as unknown as ServerResponse };
}

/** Gives `object` itself what it has from its prototypes up to `base`. */
function own(object: object, base: object): void {
  let prototype = Object.getPrototypeOf(object);
  for (; prototype !== base && prototype !== null; prototype = Object.getPrototypeOf(prototype))
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype)))
      if (name !== 'constructor' && !Object.hasOwn(object, name))
        Object.defineProperty(object, name, { ...descriptor, configurable: true });
}
