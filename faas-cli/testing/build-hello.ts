import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { extract, type Header } from 'tar-stream';
import { type BuildJob, type BuildSettings, buildFunction } from '../build/build-function.ts';
import { bundler, type Project, root } from './project.ts';

const job: BuildJob = { name: 'hello', lang: 'tiny', handler: './hello', copy: [], buildArgs: {}, buildOptions: [] };

/** A template of the project that is `tiny`, with this `bundle:` section. */
export const recipe = (text: string) => ({ 'template/tiny/template.yml': `language: tiny\nbundle:\n${text}` });

/** Builds the function `hello`. */
export async function buildHello(project: Project, more: Partial<BuildJob & BuildSettings> = {}, signal?: AbortSignal) {
  const lines: string[] = [];
  const settings = { shrinkwrap: false, noCache: false, debug: false, report: (line: string) => void lines.push(line) };
  const packed = await buildFunction(
    { ...job, ...more },
    { ...settings, ...more },
    {
      cwd: project.folder,
      assets: () => root,
      bundler,
      env: { PATH: process.env.PATH },
      signal: signal ?? new AbortController().signal,
    },
  );
  return { packed, lines };
}

/** What a bundle holds, in its order. */
export async function entriesOf(file: string): Promise<(Header & { text: string })[]> {
  const entries: (Header & { text: string })[] = [];
  for await (const entry of Readable.from([await readFile(file)]).pipe(extract())) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    entries.push({ ...entry.header, text: Buffer.concat(chunks).toString() });
  }
  return entries;
}
