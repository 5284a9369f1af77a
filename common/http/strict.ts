import type { IncomingMessage } from 'node:http';

/** Why `req` must be answered with 400, on top of what node:http checks; undefined when it is sound. */
export function checkRequest(_req: IncomingMessage): string | undefined {
  throw new Error('being written');
}

/** The origin-form of a request target: `http://host/a?b` becomes `/a?b`; others are returned as they are. */
export function originTarget(_target: string): string {
  throw new Error('being written');
}
