import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const site = join(dirname(fileURLToPath(import.meta.url)), 'public');

test('the first page greets', () => {
  assert.match(readFileSync(join(site, 'index.html'), 'utf8'), /Hello, world!/);
});

test('links within the site lead to files that exist', () => {
  // A function is served below /function/NAME/, so that links have to be relative.
  for (const page of globSync('**/*.html', { cwd: site }))
    for (const [, link] of readFileSync(join(site, page), 'utf8').matchAll(/(?:href|src)="([^"#?]+)/g))
      if (!/^\w+:/.test(link)) assert.ok(existsSync(join(site, dirname(page), link)), `${page} links to ${link}`);
});
