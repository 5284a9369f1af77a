import { BadInput, describe, fetchCertificates, parseAddress, readPem } from './certificate.ts';

/**
 * Tells about certificates: of a server (`example.org`, `example.org:8443`, an https address), or of PEM in the body.
 * The server's own comes first, then those it sends along.
 */
export default {
  async fetch(request: Request): Promise<Response> {
    const body = (await request.text()).trim();
    try {
      const isPem = body.includes('-----BEGIN');
      const certificates = isPem ? readPem(body) : await fetchCertificates(parseAddress(body), request.signal);
      return Response.json(certificates.map((certificate) => describe(certificate, new Date())));
    } catch (error) {
      if (error instanceof BadInput) return new Response(`${error.message}\n`, { status: 400 });
      throw error;
    }
  },
};
