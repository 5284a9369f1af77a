/** Shows a call as the function sees it: for finding out what a proxy, a client or a gateway does to it. */
export default {
  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const bytes = Buffer.from(await request.arrayBuffer());
    const text = bytes.toString();
    // A body that is no UTF-8 would be mangled as text.
    const isText = Buffer.from(text).equals(bytes);
    return Response.json({
      method: request.method,
      path: url.pathname,
      query: [...url.searchParams],
      headers: Object.fromEntries(request.headers),
      body: isText ? text : { base64: bytes.toString('base64') },
      bytes: bytes.length,
    });
  },
};
