import { encode, TooLong } from './encode.ts';
import { toSvg, toText } from './show.ts';

/** A QR code of the body, as SVG; `?format=text` draws it for terminals. */
export default {
  async fetch(request: Request): Promise<Response> {
    const format = new URL(request.url).searchParams.get('format') ?? 'svg';
    if (format !== 'svg' && format !== 'text') return new Response('format must be svg or text\n', { status: 400 });
    const text = (await request.text()).replace(/\r?\n$/, '');
    if (text === '') return new Response('The body is empty: send the text or the address\n', { status: 400 });
    try {
      const code = encode(Buffer.from(text));
      if (format === 'text') return new Response(toText(code));
      return new Response(toSvg(code), { headers: { 'content-type': 'image/svg+xml' } });
    } catch (error) {
      if (error instanceof TooLong) return new Response(`${error.message}\n`, { status: 400 });
      throw error;
    }
  },
};
