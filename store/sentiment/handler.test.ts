import { spawnSync } from 'node:child_process';
import { basename, dirname } from 'node:path';
import test from 'ava';

const PYTHON = '/usr/bin/python3';
/** Calls the handler as the template's index.py does: as a module of a package, with the text of an event. */
const PROGRAM = `import json, sys
from types import SimpleNamespace
from importlib import import_module
handler = import_module(sys.argv[1] + ".handler")
print(json.dumps([handler.handle(SimpleNamespace(text=text), None) for text in json.load(sys.stdin)]))`;

interface Rated {
  readonly score: number;
  readonly sentiment: string;
  readonly sentences: readonly { readonly text: string; readonly score: number; readonly words: readonly string[] }[];
}

function call(...texts: string[]): { statusCode?: number; body: string }[] {
  const folder = import.meta.dirname;
  const { stdout, stderr } = spawnSync(PYTHON, ['-B', '-c', PROGRAM, basename(folder)], {
    cwd: dirname(folder),
    input: JSON.stringify(texts),
    encoding: 'utf8',
  });
  if (stderr !== '') throw new Error(stderr);
  return JSON.parse(stdout);
}
const rate = (...texts: string[]) => call(...texts).map(({ body }) => JSON.parse(body) as Rated);

const run = spawnSync(PYTHON, ['--version']).error ? test.skip : test;

run('glad, sad and plain texts are told apart', (t) => {
  const texts = ['What a wonderful day, I love it!', 'This is awful. It crashed twice.', 'The train leaves at nine.'];
  t.deepEqual(
    rate(...texts).map(({ sentiment }) => sentiment),
    ['positive', 'negative', 'neutral'],
  );
});

run('negations turn a word, and small words make it stronger or weaker', (t) => {
  const [good, notGood, isNt, very, rather, bad] = rate(
    'good',
    'not good',
    'it isn’t good',
    'very good',
    'rather good',
    'bad',
  );
  t.true(very!.score > good!.score && good!.score > rather!.score && rather!.score > 0);
  t.true(notGood!.score < 0 && notGood!.score > bad!.score);
  t.is(isNt!.score, notGood!.score);
});

run('every sentence has its own score and the words that count', (t) => {
  const [rated] = rate('I love the sea. The food was terrible! Nobody came.');
  t.deepEqual(
    rated!.sentences.map(({ text, words }) => [text, words]),
    [
      ['I love the sea.', ['love']],
      ['The food was terrible!', ['terrible']],
      ['Nobody came.', []],
    ],
  );
  t.is(rated!.score, Number(((rated!.sentences[0]!.score + rated!.sentences[1]!.score) / 2).toFixed(3)));
});

run('scores stay between -1 and 1', (t) => {
  const [best, worst] = rate('wonderful '.repeat(500), 'terrible '.repeat(500));
  t.true(best!.score > 0.9 && best!.score <= 1 && worst!.score < -0.9 && worst!.score >= -1);
});

run('an empty body is refused', (t) => {
  t.is(call(' \n')[0]!.statusCode, 400);
});
