import { createHash, getHashes } from 'node:crypto';

/** What a digest can be written as. */
const ENCODINGS = ['hex', 'base64', 'base64url'] as const;

/** The digest of the body: `?algorithm=sha256` and `?encoding=hex`, or `base64`, `base64url`. */
export default {
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const algorithm = searchParams.get('algorithm') ?? 'sha256';
    if (!getHashes().includes(algorithm))
      return new Response(`algorithm must be one of ${known().join(', ')}; got "${algorithm}"\n`, { status: 400 });
    const wanted = searchParams.get('encoding') ?? 'hex';
    const encoding = ENCODINGS.find((each) => each === wanted);
    if (encoding === undefined)
      return new Response(`encoding must be one of ${ENCODINGS.join(', ')}; got "${wanted}"\n`, { status: 400 });
    const hash = createHash(algorithm);
    for await (const piece of request.body ?? []) hash.update(piece);
    return new Response(`${hash.digest(encoding)}\n`);
  },
};

/** Short names of digests; the library has many more, of signatures. */
const known = (): string[] => getHashes().filter((name) => /^(md5|sha\d|blake2)[\w-]*$/.test(name));
