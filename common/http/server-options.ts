import type { ServerOptions } from 'node:http';

/** How every server of ours reads requests; add limits and times to taste. */
export const STRICT_SERVER: ServerOptions = {
  insecureHTTPParser: false,
  // checkRequest does it: node:http would answer 400 by itself and then go on to serve what follows on the connection.
  requireHostHeader: false,
  // A request without a body has no stream to be set up and torn down, which saves a few microseconds.
  optimizeEmptyRequests: true,
};
