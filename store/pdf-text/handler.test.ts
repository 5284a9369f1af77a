import test from 'ava';
import handler from './handler.ts';

const call = (body: string, query = '') =>
  handler.fetch(new Request(`http://function/${query}`, { method: 'POST', body: Buffer.from(body, 'latin1') }));

/** A PDF with one line on each page. */
function pdfOf(lines: readonly string[]): string {
  const pages = lines.map((_, index) => 4 + index * 2);
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${lines.length} /Kids [${pages.map((page) => `${page} 0 R`).join(' ')}] >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
    ...lines.flatMap((line, index) => {
      const content = `BT /F1 24 Tf 72 720 Td (${line}) Tj ET`;
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents ${pages[index]! + 1} 0 R >>`,
        `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
      ];
    }),
  ];
  let text = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const count = objects.length + 1;
  return `${text}xref\n0 ${count}\n0000000000 65535 f \n${entries}trailer\n<< /Size ${count} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
}

test('the text of each page, a form feed between', async (t) => {
  const answer = await call(pdfOf(['Hello, Ada!', 'Second page']));
  t.is(answer.status, 200);
  t.is(await answer.text(), 'Hello, Ada!\n\fSecond page\n');
});

test('pages as a list', async (t) => {
  t.deepEqual(await (await call(pdfOf(['One', 'Two', 'Three']), '?format=json')).json(), {
    pages: ['One', 'Two', 'Three'],
  });
});

test('what is no PDF, or a broken one, is refused with the reason', async (t) => {
  const cases: [string, string, RegExp][] = [
    ['hello', '', /^The body is no PDF\n$/],
    ['%PDF-1.4\n', '', /^The PDF cannot be read: .+\n$/],
    [pdfOf(['x']), '?format=html', /^format must be text or json, got html\n$/],
  ];
  for (const [body, query, message] of cases) {
    const answer = await call(body, query);
    t.is(answer.status, 400);
    t.regex(await answer.text(), message);
  }
});
