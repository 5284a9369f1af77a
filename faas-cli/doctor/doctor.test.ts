import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { loggedInProject } from '../testing/logged-in-project.ts';
import { stackOf } from '../testing/project.ts';

async function portOf(t: ExecutionContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

test('where no gateway answers, doctor says whether one could be started there', async (t) => {
  await using at = await loggedInProject();
  const taken = await portOf(
    t,
    createServer((socket) => socket.destroy()),
  );
  const { stdout } = await at.project.run(['doctor', '-g', `http://127.0.0.1:${taken}`]);
  t.regex(
    stdout,
    new RegExp(`warning +port +${taken} is taken by another program\\n +-> "ss -ltnp sport = :${taken}"`),
  );
  const ended = createServer();
  const free = await portOf(t, ended);
  ended.close();
  const freeNow = await at.project.run(['doctor', '-g', `http://127.0.0.1:${free}`]);
  t.regex(freeNow.stdout, new RegExp(`ok +port +${free} is free for a gateway`));
});

test('a template of the project that is not the one of faas-cli, and where a pulled one is from, are told', async (t) => {
  await using at = await loggedInProject();
  const { project } = at;
  await project.run(['new', '--lang', 'bash', 'other']);
  t.regex((await project.run(['doctor'])).stdout, /ok +template +bash is there\n/);
  await project.write({
    'template/bash/Dockerfile': 'FROM scratch\n',
    'template/tiny/meta.json': '{ "repository": "https://r.example/t.git", "sha": "0123456789abcdef" }',
  });
  const { stdout } = await project.run(['doctor']);
  t.regex(
    stdout,
    /warning +template +\.\/template\/bash is not the one of this faas-cli \(.*\)\n +-> if that is not meant/,
  );
  t.regex(stdout, /ok +template +tiny is there, of https:\/\/r\.example\/t\.git at 0123456\n/);
});

test('where the gateway runs images, doctor asks the engine and the registries of the stack file', async (t) => {
  await using at = await loggedInProject();
  const { project, gateway } = at;
  gateway.answers.set('GET /system/info', (_request, response) =>
    response.end(JSON.stringify({ provider: { provider: 'faas-swarm', orchestration: 'swarm' }, version: {} })),
  );
  const answers = async (listener: RequestListener) => {
    const port = await portOf(t, createHttpServer(listener));
    await project.write({ 'stack.yaml': stackOf(gateway.url).replace('hello:latest', `127.0.0.1:${port}/ada/hello`) });
    const env = { DOCKER_HOST: 'unix:///nowhere.sock', DOCKER_CONFIG: project.path('.docker') };
    const { code, stdout } = await project.run(['doctor'], { env });
    t.is(code, 1);
    t.regex(stdout, /problem +docker +No Docker Engine answers at \/nowhere\.sock/);
    return stdout;
  };
  t.regex(
    await answers((_request, response) => response.end('{}')),
    /ok +registry +\S+ answers, and asks for no credentials/,
  );
  const locked: RequestListener = (_request, response) => response.writeHead(401).end();
  t.regex(
    await answers(locked),
    /warning +registry +\S+ asks for credentials, and there are none\n +-> faas-cli registry-login --server 127\.0\.0\.1:/,
  );
  t.regex(
    await answers((_request, response) => response.writeHead(404).end()),
    /problem +registry +\S+ answers 404 to \/v2\/\n +-> is it a registry\?/,
  );
  t.regex(await answers((request) => request.socket.destroy()), /problem +registry +\S+ cannot be asked: /);
});
