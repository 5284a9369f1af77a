import test from 'ava';
import { buildTests } from './images/build-tests.ts';
import { registryTests } from './images/registry-tests.ts';
import { ImagesSuite, type ImagesTest } from './images/suite.ts';
import { templateTests } from './images/template-tests.ts';

let suite: ImagesSuite;
test.before(async () => {
  suite = await ImagesSuite.create();
});
test.after.always(() => suite?.[Symbol.asyncDispose]());

/** One after the other, in one process: the first ones build and push the images that the next ones run. */
const onImages: ImagesTest = (title, run) => test.serial(title, (t) => run(t, suite));

templateTests(onImages);
buildTests(onImages);
registryTests(onImages);
