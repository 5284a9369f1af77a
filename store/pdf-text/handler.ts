import { extractText, getDocumentProxy } from 'unpdf';

/** The text of a PDF, a form feed between pages; `?format=json` has them as a list. */
export default {
  async fetch(request: Request): Promise<Response> {
    const format = new URL(request.url).searchParams.get('format') ?? 'text';
    if (format !== 'text' && format !== 'json') return bad(`format must be text or json, got ${format}`);
    const bytes = new Uint8Array(await request.arrayBuffer());
    // Some bytes may stand before it (ISO 32000-1, annex H.3, note 13).
    if (!Buffer.from(bytes.subarray(0, 1024)).includes('%PDF-')) return bad('The body is no PDF');
    const pages = await pagesOf(bytes).catch((error: Error) => error);
    if (pages instanceof Error) {
      if (pages.name === 'PasswordException') return bad('The PDF is encrypted; send it without its password');
      return bad(`The PDF cannot be read: ${pages.message}`);
    }
    if (format === 'json') return Response.json({ pages });
    return new Response(`${pages.join('\n\f')}\n`, { headers: { 'content-type': 'text/plain; charset=utf-8' } });
  },
};

async function pagesOf(bytes: Uint8Array): Promise<readonly string[]> {
  const pdf = await getDocumentProxy(bytes, { verbosity: 0 });
  try {
    return (await extractText(pdf, { mergePages: false })).text;
  } finally {
    await pdf.destroy();
  }
}

const bad = (message: string): Response => new Response(`${message}\n`, { status: 400 });
