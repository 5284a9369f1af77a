export default {
  extensions: ['js', 'ts'],
  files: ['**/*.test.ts', '!test/engines/**', '!node_modules/**', '!templates/**', '!dist/**'],
  nodeArguments: ['--disable-warning=ExperimentalWarning'],
  timeout: '2m',
  concurrency: 2,
};
