import test from 'ava';
import { serviceName } from './service-name.ts';

test('a function of the default namespace has its own name, as with faas-swarm', (t) => {
  t.is(serviceName({ name: 'figlet', namespace: 'openfaas-fn' }), 'figlet');
});

test('other namespaces are behind an underscore, which no name may have', (t) => {
  t.is(serviceName({ name: 'figlet', namespace: 'dev' }), 'figlet_dev');
});

test('long names are shortened to what Swarm takes, and stay apart', (t) => {
  const name = 'a'.repeat(63);
  const one = serviceName({ name, namespace: 'dev' });
  t.is(one.length, 63);
  t.regex(one, /^a+_[0-9a-f]{12}$/);
  t.not(one, serviceName({ name, namespace: 'prod' }));
});
