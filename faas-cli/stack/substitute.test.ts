import test from 'ava';
import { substitute } from './substitute.ts';

const env = { NAME: 'World', EMPTY: '', PATHS: '/usr/local/bin', TAG: 'v1.2.3-rc1' };
const cases: readonly (readonly [string, string])[] = [
  ['a ${NAME} b', 'a World b'],
  ['${MISSING}|${EMPTY}', '|'],
  ['${MISSING:-x} ${EMPTY:-y} ${NAME:-z}', 'x y World'],
  ['${MISSING-x} ${EMPTY-y} ${MISSING:=x} ${MISSING=y}', 'x y x y'],
  ['${MISSING:-${NAME}-2}', 'World-2'],
  ['${MISSING:-}', ''],
  ['${NAME^^} ${NAME,,} ${PATHS^} ${NAME,}', 'WORLD world /usr/local/bin world'],
  ['${#NAME}', '5'],
  ['${PATHS#*/} ${PATHS##*/} ${PATHS%/*} ${PATHS%%/*}', 'usr/local/bin bin /usr/local '],
  ['${TAG%-*} ${TAG#v}', 'v1.2.3 1.2.3-rc1'],
  ['${NAME/o/0} ${TAG//[0-9]/#} ${NAME/#W/w} ${NAME/%d/D}', 'W0rld v#.#.#-rc# world WorlD'],
  ['${NAME:1} ${NAME:1:3} ${NAME: -2} ${NAME:0:-1}', 'orld orl ld Worl'],
  ['$NAME and $${NAME}', '$NAME and ${NAME}'],
  ['# ${NAME}', '# World'],
  ['${MISSING:?x} ${MISSING:+y}', 'x y'],
  ['no expression: { } $ }', 'no expression: { } $ }'],
];

for (const [text, expected] of cases)
  test(`substitution turns ${text} into ${expected}`, (t) => {
    t.is(substitute(text, env, 'stack.yaml'), expected);
  });

test('a brace that is not closed is an error that names the line', (t) => {
  t.throws(() => substitute('a: 1\nb: ${NAME\n', env, 'stack.yaml'), { message: /^stack\.yaml:2: .*not closed/ });
});

test('an expression that is not understood is an error that shows it', (t) => {
  t.throws(() => substitute('\n\nc: ${NAME!}', env, 'stack.yaml'), { message: /^stack\.yaml:3: \$\{NAME!\}/ });
  t.throws(() => substitute('${}', env, 'stack.yaml'), { message: /^stack\.yaml:1/ });
});
