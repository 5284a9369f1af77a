import test from 'ava';
import { loggedIn } from '../testing/logged-in-project.ts';

const store = {
  functions: [
    {
      title: 'Shout',
      name: 'shout',
      description: 'Says it LOUD. '.repeat(12).trim(),
      images: { x86_64: 'a/shout:1', arm64: 'a/shout:1-arm' },
      fprocess: 'tr',
      environment: { A: '1' },
    },
    { title: 'Arm only', name: 'arm', author: 'ada', images: { arm64: 'a/arm:1' } },
  ],
};

test('store list, describe and deploy take the image of the platform', async (t) => {
  await using at = await loggedIn();
  await at.project.write({ 'store.json': JSON.stringify(store) });
  at.project.env.OPENFAAS_STORE = at.project.path('store.json');
  const { project, gateway } = at;
  t.is(
    (await project.run(['store', 'list'])).stdout,
    '\nFUNCTION   AUTHOR    DESCRIPTION\nshout      unknown   Shout\n\n',
  );
  t.regex((await project.run(['store', 'ls', '-p', 'linux/arm64'])).stdout, /arm +ada +Arm only/);
  t.is(
    (await project.run(['store', 'list', '-p', 'riscv'])).stderr,
    "No functions found in the store for platform 'riscv', try one of the following: arm64, x86_64\n",
  );
  t.regex(
    (await project.run(['store', 'inspect', 'shout'])).stdout,
    /Image: +a\/shout:1\nProcess: +tr\n\nEnvironment:\n- A: 1\n$/,
  );
  t.like(await project.run(['store', 'deploy', 'Shout', '--name', 'loud', '-e', 'B=2']), { code: 0 });
  t.deepEqual(gateway.json('PUT /system/functions'), {
    service: 'loud',
    image: 'a/shout:1',
    envProcess: 'tr',
    envVars: { A: '1', B: '2' },
    labels: null,
    annotations: null,
  });
  t.regex(
    (await project.run(['store', 'deploy', 'shot'])).stderr,
    /no function "shot" in the store; did you mean "shout"\?/,
  );
});

test('store search finds every word in name, title, description or categories', async (t) => {
  await using at = await loggedIn();
  await at.project.write({ 'store.json': JSON.stringify(store) });
  at.project.env.OPENFAAS_STORE = at.project.path('store.json');
  const found = async (...words: string[]) =>
    JSON.parse((await at.project.run(['store', 'search', ...words, '-p', 'arm64', '--json'])).stdout).map(
      ({ name }: { name: string }) => name,
    );
  t.deepEqual(await found('LOUD'), ['shout']);
  t.deepEqual(await found('says', 'sho'), ['shout']);
  t.deepEqual(await found('arm'), ['arm']);
  t.like(await at.project.run(['store', 'search', 'nothing-like-it']), {
    code: 1,
    stderr: 'No function of the store matches "nothing-like-it"; see: faas-cli store list\n',
  });
});

test('store deploy builds functions of our own store from source for the embedded engine', async (t) => {
  await using at = await loggedIn();
  const { code, stderr } = await at.project.run(['store', 'deploy', 'sha512sum']);
  t.deepEqual([code, stderr], [0, '']);
  t.deepEqual([...at.gateway.images.keys()], ['dunlin/sha512sum:latest']);
  t.is(at.gateway.json('POST /system/functions').service, 'sha512sum');
});
