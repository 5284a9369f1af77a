import test from 'ava';
import { select } from './select.ts';

const functions = ['api', 'api-v2', 'worker'].map((name) => ({ name }));
const names = (selection: Parameters<typeof select>[1]) => select(functions, selection).map(({ name }) => name);

test('without a flag all functions are picked', (t) => {
  t.deepEqual(names({}), ['api', 'api-v2', 'worker']);
});

test('--filter matches whole names with "*" for any text, --regex anywhere', (t) => {
  t.deepEqual(names({ filter: 'api' }), ['api']);
  t.deepEqual(names({ filter: 'api*' }), ['api', 'api-v2']);
  t.deepEqual(names({ regex: 'v\\d' }), ['api-v2']);
});

test('picking nothing, both flags and a bad expression are errors', (t) => {
  t.throws(() => names({ filter: 'x' }), {
    message: 'no functions matching --filter/--regex were found in the YAML file',
  });
  t.throws(() => names({ filter: 'a', regex: 'a' }), { message: /exclude each other/ });
  t.throws(() => names({ regex: '(' }), { message: /no regular expression/ });
});
