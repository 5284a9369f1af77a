import { toHtml } from './markdown.ts';

/** Markdown as HTML; `?page` makes a whole page of it. HTML in the text is shown, not obeyed. */
export default {
  async fetch(request: Request): Promise<Response> {
    const html = toHtml(await request.text());
    const isPage = new URL(request.url).searchParams.has('page');
    return new Response(isPage ? page(html) : html, { headers: { 'content-type': 'text/html; charset=utf-8' } });
  },
};

const page = (html: string): string => `<!doctype html>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<style>body { max-width: 45rem; margin: 2rem auto; padding: 0 1rem; font-family: system-ui; line-height: 1.5 }</style>
${html}`;
