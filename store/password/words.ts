/** Short English words that are easily told apart and spelled: 256, so that each is worth 8 bits. */
export const WORDS: readonly string[] = `
acorn actor album alley amber angle ankle apple apron arena arrow aspen attic audio autumn badge bagel baker bamboo banjo
barn basil basket beach beaver bell bench berry bicycle birch blanket blossom board boat bonnet border bottle bowl branch
bread brick bridge broom bubble bucket butter button cabin cable cactus camel candle canoe canvas carpet carrot castle
cedar cello chalk cherry chimney circle clay cliff clock cloud clover coast cobalt coffee comet compass copper coral cotton
cradle crayon cricket crown cushion daisy dancer desert diamond dolphin donkey dragon drawer drum eagle earth easel echo
eleven ember engine fabric falcon feather fence ferry fiddle finger flame flute forest fossil fountain fox galaxy garden
garlic ginger giraffe glacier glove goat goose grape gravel guitar hammer harbor harp hazel hedge helmet heron honey hornet
island ivory ivy jacket jaguar jasmine jelly jewel jungle kayak kettle kitchen kite ladder lagoon lantern lemon lettuce
lizard lobster lotus magnet mango maple marble meadow melon mirror mitten monkey moss muffin museum napkin nectar needle
nickel noodle novel nutmeg oasis ocean olive onion opal orange orchard otter oyster paddle palace panda paper parrot peach
peanut pebble pelican pencil pepper piano pillow pilot pine planet plum pocket pond poppy potato prism pumpkin puzzle quartz
quilt rabbit radish rainbow raven ribbon river robin rocket rose saddle sailor salmon sandal scarf seven shadow shell silver
sketch sparrow spider spoon squirrel summer swan table tiger tulip tunnel turtle umbrella valley velvet violin wagon walnut
sunset tailor temple thimble trumpet vessel walrus whale willow winter wizard yellow zebra zipper
`
  .trim()
  .split(/\s+/);
