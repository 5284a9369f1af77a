import base from './ava.config.js';

/** `npm run test:engines`: real engines, one suite after the other, with time for them to start. */
export default {
  ...base,
  files: ['test/engines/**/*.test.ts'],
  timeout: '10m',
  concurrency: 1,
};
