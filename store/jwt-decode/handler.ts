import { createHmac, timingSafeEqual } from 'node:crypto';

/** Times in a token are seconds since 1970 (RFC 7519, 2). */
const TIMES = ['iat', 'nbf', 'exp'];

/** Shows what is in a JSON Web Token. It does not check the signature, except an HS256 one, with the key in `?key=`. */
export default {
  async fetch(request: Request): Promise<Response> {
    const token = (await request.text()).trim().replace(/^Bearer\s+/i, '');
    const parts = token.split('.');
    const [header, payload] = parts.slice(0, 2).map(readPart);
    if (parts.length !== 3 || header === undefined || payload === undefined)
      return new Response('The body is no JSON Web Token: three parts of base64url, of which two hold JSON\n', {
        status: 400,
      });
    const key = new URL(request.url).searchParams.get('key');
    return Response.json({
      header,
      payload,
      times: Object.fromEntries(
        TIMES.filter((name) => isTime(payload[name])).map((name) => [name, timeOf(payload[name])]),
      ),
      expired: isTime(payload.exp) ? Number(payload.exp) * 1000 <= Date.now() : undefined,
      signature: key === null || header.alg !== 'HS256' ? 'not checked' : check(parts, key),
    });
  },
};

function readPart(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const isTime = (value: unknown): boolean => typeof value === 'number' && Math.abs(value) <= 8.64e12;
const timeOf = (value: unknown): string => new Date(Number(value) * 1000).toISOString();

function check([header, payload, signature]: readonly string[], key: string): string {
  const right = createHmac('sha256', key).update(`${header}.${payload}`).digest();
  const given = Buffer.from(signature!, 'base64url');
  return given.length === right.length && timingSafeEqual(given, right) ? 'valid' : 'invalid';
}
