import { execFile } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';
import { root } from './harness/platform.ts';

const up = (args: readonly string[], env: Readonly<Record<string, string>>) =>
  new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile('/bin/sh', [join(root, 'deploy/swarm/up'), ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });

test('bringing the stack up without the docker command says that it is missing, not that no engine answers', async (t) => {
  t.deepEqual(await up([], { PATH: '/nowhere' }), {
    code: 1,
    stdout: '',
    stderr: 'The docker command is not on the PATH; install it (docker-ce-cli, or docker.io of Debian).\n',
  });
});

test('asking the script of the stack for help changes nothing and shows examples', async (t) => {
  const { code, stdout, stderr } = await up(['--help'], { PATH: '/nowhere' });
  t.deepEqual([code, stderr], [0, '']);
  t.regex(stdout, /\nExamples:\n {2}sh deploy\/swarm\/up\n/);
});
