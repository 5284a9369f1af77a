import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { freePort } from '../../common/free-port.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';

/** `ada` with the password `secret`, as htpasswd writes it. */
const HTPASSWD = 'ada:$2b$04$boDTveDgSh1pGacD9J4tO.HKce0Yj8Kq0M3xdC.XSs9HwvpDj93Ri\n';

/** A registry that asks for a password, at the address that it returns: the user is `ada`, the password `secret`. */
export async function privateRegistry(t: ExecutionContext): Promise<string> {
  const folder = await temporaryFolder(t);
  const port = await freePort();
  await writeFile(join(folder, 'htpasswd'), HTPASSWD);
  await writeFile(
    join(folder, 'config.yml'),
    `version: 0.1\nstorage: { filesystem: { rootdirectory: ${folder}/data } }\nhttp: { addr: 127.0.0.1:${port} }\nauth: { htpasswd: { realm: test, path: ${folder}/htpasswd } }\n`,
  );
  const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined);
    if (answer?.status === 401) return `127.0.0.1:${port}`;
    if (child.exitCode !== null) throw new Error(`docker-registry ended with ${child.exitCode}`);
  }
}
