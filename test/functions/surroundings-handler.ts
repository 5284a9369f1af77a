// Tells what a function can see of the process that it runs in.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { Worker as NodeWorker } from 'node:worker_threads';

const IDENTITY = /^(?:Uid|Gid|Groups|CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp|Umask):.*$/gm;
const SEEN_AT_LOAD = { ...process.env };

interface Runtime {
  Bun: {
    spawnSync(command: unknown, options?: object): { stdout: Buffer };
    spawn(command: unknown): { stdout: ReadableStream };
    env: object;
  };
  Worker: new (url: string) => { onmessage: (message: { data: unknown }) => void };
}

export default async () => {
  const { Bun, Worker } = globalThis as unknown as Runtime;
  const printed = (of: { stdout: Buffer }) => of.stdout.toString().split('\n').sort();
  const webWorker = new Promise((resolve) => {
    new Worker('data:text/javascript,postMessage({ ...process.env })').onmessage = ({ data }) => resolve(data);
  });
  const nodeWorker = new Promise((resolve) => {
    new NodeWorker('require("worker_threads").parentPort.postMessage({ ...process.env })', { eval: true }).once(
      'message',
      resolve,
    );
  });
  const environ = readFileSync('/proc/self/environ', 'utf8').split('\0');
  return {
    environments: {
      atLoad: sorted(SEEN_AT_LOAD),
      now: sorted(process.env),
      bun: sorted(Bun.env),
      child: printed(spawnSync('/usr/bin/env')),
      bunChild: printed(Bun.spawnSync(['/usr/bin/env'])),
      bunChildByObject: printed(Bun.spawnSync({ cmd: ['/usr/bin/env'] })),
      bunChildWithItsOwn: printed(Bun.spawnSync(['/usr/bin/env'], { env: { OWN: '1' } })),
      bunChildLater: (await new Response(Bun.spawn(['/usr/bin/env']).stdout).text()).split('\n').sort(),
      webWorker: sorted((await webWorker) as object),
      nodeWorker: sorted((await nodeWorker) as object),
    },
    // Which differs for a pooled one, but must be there for the engine's next start, and readable as any other's.
    marks: environ.filter((variable) => variable.startsWith('DUNLIN_')).sort(),
    identities: [...new Set(readdirSync('/proc/self/task').flatMap(identityOf))],
    argv: process.argv.slice(1),
    title: readFileSync('/proc/self/comm', 'utf8'),
    cwd: process.cwd(),
    input: readlinkSync('/proc/self/fd/0'),
    limits: readFileSync('/proc/self/limits', 'utf8'),
    oom: readFileSync('/proc/self/oom_score_adj', 'utf8'),
    leader: readFileSync('/proc/self/stat', 'utf8').replace(/.*\) /, '').split(' ')[3] === String(process.pid),
  };
};

/** None of a thread that has ended since it was listed, such as those of the workers above. */
function identityOf(thread: string): string[] {
  try {
    return [readFileSync(`/proc/self/task/${thread}/status`, 'utf8').match(IDENTITY)!.join('\n')];
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code!)) return [];
    throw error;
  }
}

const sorted = (variables: object): object =>
  Object.fromEntries(Object.entries(variables).sort(([a], [b]) => (a < b ? -1 : 1)));
