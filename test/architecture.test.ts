import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import test from 'ava';

const root = join(import.meta.dirname, '..');

/**
 * Room -> rooms and packages that its shipped code may import (beside `node:` and itself). This table is the
 * architecture; docs/ARCHITECTURE.md tells it in words. Files match the longest room that they are in.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  common: [],
  watchdog: ['common'],
  provider: ['common', 'node-fetch'],
  'provider/conformance': ['common', 'provider', 'ava'],
  'provider/embedded': ['common', 'provider', 'tar-stream'],
  'provider/swarm': ['common', 'provider', 'dockerode'],
  gateway: ['common', 'provider', 'express', 'prom-client', 'http-proxy-middleware', 'pino', 'croner'],
  'faas-cli': [
    'common',
    'provider',
    'commander',
    'yaml',
    'node-fetch',
    'tar-stream',
    'dockerode',
    '@balena/dockerignore',
  ],
};
/** The only file that may import a provider's implementation, and by `import()` alone. */
const COMPOSITION_ROOT = 'gateway/main.ts';
const IMPLEMENTATIONS = ['provider/embedded', 'provider/swarm', 'provider/kubernetes'];
const SPECIFIER =
  /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g;
const DYNAMIC = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

const rooms = Object.keys(MAY_IMPORT).sort((a, b) => b.length - a.length);
const roomOf = (path: string) => rooms.find((room) => path.startsWith(`${room}/`));
const isShipped = (path: string) =>
  path.endsWith('.ts') && !path.endsWith('.test.ts') && !/(^|\/)(testing|test)\//.test(path);

function sources(): string[] {
  const tops = [...new Set(rooms.map((room) => room.split('/')[0]!))];
  return tops.flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
      .map((file) => `${top}/${file}`)
      .filter(isShipped),
  );
}

/** What a specifier leads to: a path of ours, `node:...`, or a package's name. */
function targetOf(file: string, specifier: string): string {
  if (specifier.startsWith('.')) return relative(root, join(root, dirname(file), specifier));
  return specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : specifier.split('/')[0]!;
}

function imports(file: string, pattern: RegExp): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(pattern)].map((match) => targetOf(file, (match[1] ?? match[2])!));
}

for (const room of Object.keys(MAY_IMPORT)) {
  test(`${room} imports only node:, itself and: ${MAY_IMPORT[room]!.join(', ') || 'nothing else'}`, (t) => {
    const files = sources().filter((file) => roomOf(file) === room);
    t.true(files.length > 0);
    for (const file of files) {
      for (const target of [...imports(file, SPECIFIER), ...imports(file, DYNAMIC)]) {
        const targetRoom = roomOf(target) ?? target;
        const isRoot = file === COMPOSITION_ROOT && IMPLEMENTATIONS.includes(targetRoom);
        t.true(
          target.startsWith('node:') || targetRoom === room || isRoot || MAY_IMPORT[room]!.includes(targetRoom),
          `${file} imports ${target}`,
        );
      }
    }
  });
}

test('provider implementations are loaded by import() alone, so that only the one in use costs anything', (t) => {
  for (const file of sources().filter((source) => !IMPLEMENTATIONS.includes(roomOf(source)!)))
    for (const target of imports(file, SPECIFIER))
      t.false(IMPLEMENTATIONS.includes(roomOf(target) ?? ''), `${file} imports ${target} statically`);
});

test('nothing that ships imports test/, bench/ or tools/', (t) => {
  for (const file of sources())
    for (const target of [...imports(file, SPECIFIER), ...imports(file, DYNAMIC)])
      t.false(/^(test|bench|tools)\//.test(target), `${file} imports ${target}`);
});
