/** Base64 of the body; `?decode` turns it back, both alphabets, and `?url` uses the one for URLs. */
export default {
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const body = Buffer.from(await request.arrayBuffer());
    if (!searchParams.has('decode'))
      return new Response(`${body.toString(searchParams.has('url') ? 'base64url' : 'base64')}\n`);
    const text = body.toString('latin1').replace(/\s+/g, '');
    const wrong = /[^A-Za-z0-9+/_=-]|=(?!=?$)/.exec(text);
    if (wrong !== null)
      return new Response(`"${wrong[0]}" at character ${wrong.index + 1} is no base64\n`, { status: 400 });
    if (text.replace(/=+$/, '').length % 4 === 1)
      return new Response('The text is cut off: one character more or less would be base64\n', { status: 400 });
    return new Response(Buffer.from(text, 'base64'), { headers: { 'content-type': 'application/octet-stream' } });
  },
};
