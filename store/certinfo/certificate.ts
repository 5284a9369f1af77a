import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type DetailedPeerCertificate } from 'node:tls';

export class BadInput extends Error {}

export interface Address {
  readonly host: string;
  readonly port: number;
}

const DAY_MS = 86_400_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** `host`, `host:port`, `[::1]:port` or an https address. @throws BadInput */
export function parseAddress(text: string): Address {
  const address = /^https:\/\//i.test(text) ? text : `https://${text}`;
  const url = /^\S+$/.test(text) && URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined)
    throw new BadInput('Send the name of a server, such as example.org or example.org:8443, or PEM.');
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 443) };
}

/** @throws BadInput for what is no certificate */
export function readPem(text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g);
  if (blocks === null) throw new BadInput('The PEM holds no certificate.');
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch {
      throw new BadInput(`Certificate ${index + 1} of the PEM cannot be read.`);
    }
  });
}

/** What a server shows, trusted or not: a bad certificate is what people want to see. @throws BadInput */
export function fetchCertificates({ host, port }: Address, signal: AbortSignal): Promise<X509Certificate[]> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      socket.destroy();
      reject(new BadInput(`${host}:${port} shows no certificate: ${why}`));
    };
    // A server name must be a name, not an address (RFC 6066, 3).
    const socket = connect({ host, port, ...(isIP(host) === 0 && { servername: host }), rejectUnauthorized: false });
    const gone = () => fail('the caller has gone');
    signal.addEventListener('abort', gone, { once: true });
    socket.on('close', () => signal.removeEventListener('abort', gone));
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => fail(`no answer within ${CONNECT_TIMEOUT_MS / 1000} s`));
    socket.on('error', (error) => fail(error.message));
    socket.on('secureConnect', () => {
      const chain = [...issuers(socket.getPeerCertificate(true))];
      socket.destroy();
      resolve(chain.map(({ raw }) => new X509Certificate(raw)));
    });
  });
}

/** A self-signed certificate is its own issuer. */
function* issuers(first: DetailedPeerCertificate): Iterable<DetailedPeerCertificate> {
  const seen = new Set<string>();
  for (
    let at: DetailedPeerCertificate | undefined = first;
    at?.raw && !seen.has(at.fingerprint256);
    at = at.issuerCertificate
  ) {
    seen.add(at.fingerprint256);
    yield at;
  }
}

export function describe(certificate: X509Certificate, now: Date): object {
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  return {
    subject: oneLine(certificate.subject),
    names: certificate.subjectAltName?.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, '')) ?? [],
    issuer: oneLine(certificate.issuer),
    selfSigned: certificate.subject === certificate.issuer,
    validFrom: from.toISOString(),
    validTo: to.toISOString(),
    state: now < from ? 'not yet valid' : now > to ? 'expired' : 'valid',
    daysLeft: Math.floor((to.getTime() - now.getTime()) / DAY_MS),
    serialNumber: certificate.serialNumber,
    key: certificate.publicKey.asymmetricKeyType,
    sha256: certificate.fingerprint256,
  };
}

const oneLine = (name: string | undefined): string => name?.replaceAll('\n', ', ') ?? '';
