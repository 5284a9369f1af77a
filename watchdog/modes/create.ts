import type { ModeName } from '../config.ts';
import type { Mode, ModeDeps } from './mode.ts';

/** Makes the mode of that name. Only its own file is loaded, because a cold start pays for each. */
export async function createMode(name: ModeName, deps: ModeDeps): Promise<Mode> {
  switch (name) {
    case 'fork':
      return new (await import('./fork.ts')).ForkMode(deps);
    case 'http':
      return new (await import('./http.ts')).HttpMode(deps);
    case 'module':
      return new (await import('./module.ts')).ModuleMode(deps);
    case 'serializing':
      return new (await import('./serializing.ts')).SerializingMode(deps);
    case 'static':
      return new (await import('./static.ts')).StaticMode(deps);
    case 'streaming':
      return new (await import('./streaming.ts')).StreamingMode(deps);
  }
}
