import { publishImages } from '../images/publish-images.ts';
import { functionsOf } from '../stack/functions-of.ts';
import { defineCommand } from './command.ts';
import { buildFlags, envsubstFlags, platformsFlags, singleFlags, tagFlags } from './flag-sets.ts';

const { builder: _builder, platform: _platform, squash: _squash, ...flagsOfBuild } = buildFlags;

export const publish = defineCommand({
  usage: '[-f STACK.YAML] --platforms linux/amd64,linux/arm64 --build-arg WATCHDOG=IMAGE [flags]',
  description:
    'Builds images for several platforms with docker buildx, which must be installed, and pushes them. The watchdog is copied from an image that a registry has for each platform: name it with --build-arg WATCHDOG=IMAGE.',
  examples: [
    'faas-cli publish --platforms linux/amd64,linux/arm64 --build-arg WATCHDOG=ghcr.io/you/watchdog:0.1.0',
    'faas-cli publish --platforms linux/arm64 --extra-tag stable --build-arg WATCHDOG=ghcr.io/you/watchdog:0.1.0',
  ],
  flags: {
    ...flagsOfBuild,
    ...singleFlags,
    ...envsubstFlags,
    ...tagFlags,
    ...platformsFlags,
    'extra-tag': { type: 'strings', value: 'tag', doc: 'Further tag of the image' },
    'reset-qemu': { type: 'boolean', doc: 'First let the engine run programs of other machines, by qemu-user-static' },
  },
  async run(context, _args, flags) {
    await publishImages(await functionsOf(context, flags), flags, context);
  },
});
