import type { HttpRequest } from '../common/http/message.ts';

/** Between processes of a gateway, on their Unix sockets: where a request came from. */
export const CLIENT_HEADER = 'X-Dunlin-Client';

const kClient = Symbol('client');
type Known = HttpRequest & { [kClient]?: string };

/** For a request by another process of a gateway: reads the header that this one adds, and takes it out. */
export function takeClient(req: HttpRequest): void {
  const { rawHeaders } = req;
  const lower = CLIENT_HEADER.toLowerCase();
  const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === lower);
  if (at === -1) return;
  (req as Known)[kClient] = rawHeaders[at + 1]!;
  rawHeaders.splice(at, 2);
  delete req.headers[lower];
}

/** The address of who sent a request, whichever process received it. */
export const clientAddress = (req: HttpRequest): string => (req as Known)[kClient] ?? req.socket.remoteAddress ?? '';
