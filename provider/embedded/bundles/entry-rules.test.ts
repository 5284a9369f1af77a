import test from 'ava';
import { EntryRules } from './entry-rules.ts';

const MANIFEST = { name: 'bundle.json', type: 'file' };
const file = (name: string) => ({ name, type: 'file' });
const symlink = (name: string, linkname: string) => ({ name, type: 'symlink', linkname });
const link = (name: string, linkname: string) => ({ name, type: 'link', linkname });

function checkAll(entries: readonly { name: string; type: string; linkname?: string; size?: number }[]) {
  const rules = new EntryRules(100);
  return [MANIFEST, ...entries].map((entry) => rules.check(entry));
}

const ACCEPTED = [
  [file('a'), file('folder/deep/b'), { name: 'folder/', type: 'directory' }],
  [file('lib/x.js'), symlink('node_modules/.bin/x', '../../lib/x.js')],
  [symlink('a', 'b/c'), symlink('d/e/f', '../../g')],
  [file('a'), link('b', 'a')],
  [file('..a/b..'), file('...')],
];
for (const entries of ACCEPTED)
  test(`accepts ${entries.map(({ name }) => name).join(', ')}`, (t) => {
    t.is(checkAll(entries).length, entries.length + 1);
  });

const REFUSED: readonly (readonly [string, Parameters<typeof checkAll>[0], RegExp])[] = [
  ['a path that leads up', [file('../evil')], /"\.\.\/evil" leads out/],
  ['a path that leads up from within', [file('a/../../evil')], /leads out/],
  ['an absolute path', [file('/etc/passwd')], /absolute/],
  ['an absolute symbolic link', [symlink('a', '/etc')], /inside the bundle/],
  ['a symbolic link that leads up', [symlink('a/b', '../../etc')], /leads out/],
  ['a symbolic link with .. after a name, which may be a link', [symlink('a/b', '../c/../..')], /leads out/],
  ['a file below a symbolic link', [symlink('a', 'b'), file('a/x')], /below "a", which is no folder/],
  ['a file below a file', [file('a'), file('a/x')], /below "a"/],
  ['a folder in the place of a symbolic link', [symlink('a', 'b'), { name: 'a', type: 'directory' }], /twice/],
  ['a file twice', [file('a'), file('a')], /twice/],
  ['a file in the place of a folder', [file('a/b'), file('a')], /twice/],
  ['a hard link that leads out', [link('a', '../../etc/passwd')], /leads out/],
  ['an absolute hard link', [link('a', '/etc/passwd')], /absolute/],
  ['a hard link to a symbolic link', [symlink('a', 'b'), link('c', 'a')], /no file before it/],
  ['a hard link to what comes later', [link('c', 'a'), file('a')], /no file before it/],
  ['a device', [{ name: 'null', type: 'character-device' }], /character-device/],
  ['a disk', [{ name: 'sda', type: 'block-device' }], /block-device/],
  ['a fifo', [{ name: 'pipe', type: 'fifo' }], /fifo/],
  ['an unknown type', [{ name: 'x', type: null as unknown as string }], /unknown type/],
  ['a link with content', [{ ...symlink('a', 'b'), size: 5 }], /has content/],
  ['an empty name', [file('')], /no name/],
  ['an empty part', [file('a//b')], /empty name/],
  ['a dot', [file('./a')], /"\."/],
  ['a file with a slash at its end', [file('a/')], /empty name/],
  ['a control character', [file('a\u001b[2Jb')], /control character/],
  ['a line feed in a target', [symlink('a', 'b\nc')], /control character/],
  ['a name over 255 bytes', [file('x'.repeat(256))], /255/],
  ['a path over 2048 bytes', [file(`${'abcdefg/'.repeat(257)}x`)], /2048/],
];
for (const [what, entries, message] of REFUSED)
  test(`refuses ${what}`, (t) => {
    t.throws(() => checkAll(entries), { message });
  });

test('refuses a bundle that does not begin with its manifest', (t) => {
  t.throws(() => new EntryRules(9).check(file('a')), { message: /first entry must be the file bundle\.json, not "a"/ });
});

test('refuses too many entries', (t) => {
  const rules = new EntryRules(2);
  rules.check(MANIFEST);
  rules.check(file('a'));
  t.throws(() => rules.check(file('b')), { message: /more than 2 entries/ });
});
