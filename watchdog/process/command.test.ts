import test from 'ava';
import { splitCommand } from './command.ts';

test('words are split on blanks, as in the original', (t) => {
  t.deepEqual(splitCommand('  node  index.js --port 3000 '), ['node', 'index.js', '--port', '3000']);
  t.deepEqual(splitCommand(''), []);
});

test('quotes and backslashes keep words together', (t) => {
  t.deepEqual(splitCommand(`sh -c "echo \\"a b\\" 'c'" '' x\\ y`), ['sh', '-c', `echo "a b" 'c'`, '', 'x y']);
  t.deepEqual(splitCommand(`'it is \\n'"\\n"`), ['it is \\n\\n']);
});

test('a quote that is not closed is an error', (t) => {
  t.throws(() => splitCommand(`sh -c 'echo`), { message: /closing '/ });
});
