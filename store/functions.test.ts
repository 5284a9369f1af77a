import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';

const folder = import.meta.dirname;

interface StoreFunction {
  readonly title: string;
  readonly name: string;
  readonly description: string;
  readonly images: Readonly<Record<string, string>>;
  readonly categories: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly source: { readonly lang: string; readonly handler: string };
}
const store = JSON.parse(readFileSync(join(folder, 'functions.json'), 'utf8')) as {
  readonly version: string;
  readonly functions: readonly StoreFunction[];
};

/** OpenFaaS's keys (contract 5.8), and ours: where the source is, and what kind of function it is. */
const KEYS = [
  ...['title', 'name', 'author', 'description', 'images', 'fprocess', 'repo_url', 'readOnlyRootFilesystem'],
  ...['environment', 'labels', 'annotations', 'icon', 'network'],
  ...['categories', 'source'],
];
const CATEGORIES = ['text', 'data', 'crypto', 'web', 'image', 'diagnostics', 'fun', 'time'];
/** The file that a template starts a function in. */
const ENTRY: Readonly<Record<string, string>> = {
  typescript: 'handler.ts',
  javascript: 'handler.js',
  node: 'handler.js',
  python3: 'handler.py',
  bash: 'handler.sh',
};

test('functions.json has the version and the keys that OpenFaaS clients know, and ours', (t) => {
  t.is(store.version, '0.2.1');
  for (const each of store.functions) {
    t.deepEqual(
      Object.keys(each).filter((key) => !KEYS.includes(key)),
      [],
      each.name,
    );
    for (const key of ['title', 'author', 'repo_url'] as const) t.truthy((each as never)[key], `${each.name}: ${key}`);
    t.regex(each.description, /^[A-Z].{10,90}\.$/, each.name);
    t.true(each.categories.length > 0);
    for (const category of each.categories) t.true(CATEGORIES.includes(category), `${each.name}: ${category}`);
    for (const platform of ['x86_64', 'arm64']) t.is(each.images[platform], `dunlin/${each.name}:latest`);
    for (const value of Object.values(each.environment ?? {})) t.is(typeof value, 'string');
  }
});

test('no page pipes logs that are followed, which would never be called with their end', (t) => {
  for (const { name } of store.functions)
    t.notRegex(readFileSync(join(folder, name, 'README.md'), 'utf8'), /faas-cli logs (?!.*--tail=false).*\|/, name);
});

test('names are valid, unique and in order', (t) => {
  const names = store.functions.map(({ name }) => name);
  for (const name of names) t.regex(name, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
  t.deepEqual(names, [...new Set(names)].sort());
});

test('every listed function has source, tests and a page that shows how to call it; every folder is listed', (t) => {
  for (const { name, source } of store.functions) {
    const own = join(folder, source.handler);
    t.true(existsSync(join(own, ENTRY[source.lang]!)), `${name}: ${source.lang}`);
    t.true(existsSync(join(own, 'handler.test.ts')), `${name} has no test`);
    const page = readFileSync(join(own, 'README.md'), 'utf8');
    t.true(page.startsWith(`# ${name}\n`), name);
    t.regex(page, new RegExp(`^faas-cli store deploy ${name}( --secret [-a-z]+)?$`, 'm'));
    t.true(page.includes(`faas-cli invoke ${name}`), name);
  }
  const folders = readdirSync(folder).filter((name) => statSync(join(folder, name)).isDirectory());
  t.deepEqual(folders.sort(), store.functions.map(({ source }) => source.handler).sort());
});

test('the README lists every function with its description', (t) => {
  const rows = readFileSync(join(folder, 'README.md'), 'utf8')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter(([, name]) => name?.startsWith('['))
    .map(([, name, description]) => [name, description]);
  t.deepEqual(
    rows,
    store.functions.map(({ name, description }) => [`[${name}](${name}/README.md)`, description]),
  );
});
