import test from 'ava';
import { type GreetingFacts, greeting } from './greeting.ts';

const facts: GreetingFacts = {
  url: 'http://127.0.0.1:8080',
  metricsUrl: 'http://127.0.0.1:8082',
  login: { user: 'admin', passwordFile: '/data/auth/basic-auth-password' },
  cli: '/src/bin/faas-cli',
  dataFolder: undefined,
  functions: 1,
  sample: undefined,
  colour: false,
  endsFunctions: true,
};

test('a later start says where, how to log in and how to stop, and no more', (t) => {
  const text = greeting(facts);
  for (const part of [
    'http://127.0.0.1:8080',
    'http://127.0.0.1:8082/metrics',
    '1 function deployed',
    '/src/bin/faas-cli login --username admin --password-stdin < /data/auth/basic-auth-password',
    'Ctrl-C stops everything.',
  ])
    t.true(text.includes(part), part);
  t.false(text.includes('faas-cli new'));
});

test('the first start shows the call with its answer, and the next three commands', (t) => {
  const text = greeting({ ...facts, sample: { call: 'curl -d A http://x', answer: '#\n##\n' } });
  t.true(text.includes('    curl -d A http://x\n\n    #\n    ##\n'));
  t.regex(
    text,
    /alias faas-cli=\/src\/bin\/faas-cli\n +faas-cli new --lang typescript hello\n +faas-cli up\n +echo Ada \| faas-cli invoke hello\n/,
  );
  t.false(text.includes('export'));
});

test('elsewhere than at the defaults the commands are told where, and paths are one word to a shell', (t) => {
  const text = greeting({
    ...facts,
    url: 'http://127.0.0.1:9090',
    dataFolder: '/my data',
    cli: "/it's/faas-cli",
    sample: { failure: 'boom' },
  });
  t.true(text.includes('export OPENFAAS_URL=http://127.0.0.1:9090'));
  t.true(text.includes("export DUNLIN_DATA='/my data'"));
  t.true(text.includes("'/it'\\''s/faas-cli' login --gateway http://127.0.0.1:9090"));
  t.true(text.includes('could not be deployed:\n\n    boom'));
});

test('a later start elsewhere tells other terminals where too', (t) => {
  const text = greeting({ ...facts, url: 'http://127.0.0.1:9090', dataFolder: '/data' });
  t.regex(text, /\n {2}To use it {4}export OPENFAAS_URL=http:\/\/127\.0\.0\.1:9090\n {15}export DUNLIN_DATA=\/data\n/);
  t.notRegex(greeting(facts), /export|To use it/);
});

test('colour is for terminals only', (t) => {
  t.false(greeting(facts).includes('\u001b'));
  t.true(greeting({ ...facts, colour: true }).includes('\u001b[1m'));
});
