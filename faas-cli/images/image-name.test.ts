import test from 'ava';
import { checkImageName, checkPushable, parseImageName } from './image-name.ts';

test('registry, repository and tag of a name', (t) => {
  const parts = (image: string) => Object.values(parseImageName(image));
  t.deepEqual(parts('hello'), ['docker.io', 'hello', undefined]);
  t.deepEqual(parts('ada/hello:1'), ['docker.io', 'ada/hello', '1']);
  t.deepEqual(parts('ghcr.io/ada/hello'), ['ghcr.io', 'ghcr.io/ada/hello', undefined]);
  t.deepEqual(parts('127.0.0.1:5000/hello:1'), ['127.0.0.1:5000', '127.0.0.1:5000/hello', '1']);
  t.deepEqual(parts('localhost/hello'), ['localhost', 'localhost/hello', undefined]);
  t.deepEqual(parts('a/b:1@sha256:00'), ['docker.io', 'a/b', '1']);
});

test('a name without a registry or an account cannot be pushed', (t) => {
  t.notThrows(() => checkPushable('hello', 'ada/hello:latest'));
  t.throws(() => checkPushable('hello', 'hello:latest'), {
    code: 'invalid_request',
    message: /"ghcr\.io\/YOU\/hello:latest"/,
  });
});

test('a name that no engine takes is refused before the build', (t) => {
  for (const good of [
    'hello',
    'hello:latest',
    'ada/hello-1_2:v1.0',
    'Registry.example:5000/a/b:1',
    `a/b@sha256:${'0'.repeat(64)}`,
  ])
    t.notThrows(() => checkImageName('hello', good), good);
  for (const bad of ['Hello', 'ada/Hello:1', 'hello:', 'a b', 'hello:1:2', '-x', 'a//b:!'])
    t.throws(() => checkImageName('hello', bad), { message: /is no name of an image/ }, bad);
});
