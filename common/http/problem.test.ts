import test from 'ava';
import { FaasError } from '../errors.ts';
import { toProblem } from './problem.ts';

test('a FaasError becomes a problem with its status, code, words and further members', (t) => {
  const error = new FaasError('replica_out_of_memory', 'It needed more than 40Mi.', { extra: { exitCode: 137 } });
  t.deepEqual(toProblem(error), {
    title: 'Replica out of memory',
    status: 502,
    code: 'replica_out_of_memory',
    detail: 'It needed more than 40Mi.',
    exitCode: 137,
  });
});

test('an unknown error tells nothing of its inside', (t) => {
  t.deepEqual(toProblem(new Error('password is 1234')), {
    title: 'Internal error',
    status: 500,
    code: 'internal_error',
    detail: 'See the log for the cause.',
  });
});
