import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finished, Platform } from './platform.ts';

export interface HandlerFunction {
  readonly name: string;
  /** Source of handler.js of the javascript template. */
  readonly handler: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Builds and deploys a function as a user does: `faas-cli up` in a folder of its own, which is removed after. */
export async function deployHandler(
  platform: Platform,
  { name, handler, labels = {} }: HandlerFunction,
): Promise<Finished> {
  const cwd = await mkdtemp(join(tmpdir(), 'dunlin-handler-'));
  const stack = {
    version: '1.0',
    provider: { name: 'openfaas', gateway: platform.url },
    functions: { [name]: { lang: 'javascript', handler: `./${name}`, image: `${name}:latest`, labels } },
  };
  try {
    await mkdir(join(cwd, name));
    await writeFile(join(cwd, name, 'handler.js'), handler);
    // JSON is YAML.
    await writeFile(join(cwd, 'stack.yaml'), JSON.stringify(stack));
    return await platform.cli(['up'], { cwd });
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}
