import { spawnSync } from 'node:child_process';

/** A program and the Debian packages that it comes with. */
export interface Program {
  readonly command: string;
  readonly packages: readonly string[];
}

/** A mirror may fail now and then. */
const RETRIES = ['-o', 'Acquire::Retries=3'];

/**
 * Installs what is not there, without starting the services that come with it.
 *
 * @throws Error with apt's own words
 */
export function installPrograms(programs: readonly Program[]): void {
  const missing = programs.filter(({ command }) => spawnSync('which', [command]).status !== 0);
  if (missing.length === 0) return;
  // Debian starts a service after installing it, but not in runlevel 1.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...missing.flatMap(({ packages }) => packages)];
  for (const args of [['update', '-qq'], install]) {
    const { status, stderr } = spawnSync('apt-get', [...RETRIES, ...args], { env, encoding: 'utf8' });
    const what = missing.map(({ command }) => command).join(', ');
    if (status !== 0) throw new Error(`apt-get ${args[0]} failed, so ${what} cannot be had:\n${stderr}`);
  }
}
