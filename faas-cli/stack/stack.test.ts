import test from 'ava';
import { parseStack } from './stack.ts';

const head = 'provider:\n  name: openfaas\n';
const withFunction = (lines: string) => `${head}functions:\n  hello:\n    image: hello\n${lines}`;

test('a function has every field of the contract', (t) => {
  const text = withFunction(`    lang: typescript
    handler: ./hello
    fprocess: node index.js
    environment: { A: b }
    environment_file: [a.yml, b.yml]
    secrets: [one, two]
    labels: { l: "1" }
    annotations: { a: x }
    constraints: ["node.labels.x == y"]
    limits: { memory: 40Mi, cpu: 100m }
    requests: { memory: 20Mi }
    readonly_root_filesystem: true
    namespace: staging
    skip_build: true
    build_options: [dev]
    build_args: { K: v }
    build_secrets: { id: ./file }
`);
  t.deepEqual(parseStack(text, 'stack.yaml').functions, [
    {
      name: 'hello',
      lang: 'typescript',
      handler: './hello',
      image: 'hello',
      fprocess: 'node index.js',
      environment: { A: 'b' },
      environmentFiles: ['a.yml', 'b.yml'],
      secrets: ['one', 'two'],
      labels: { l: '1' },
      annotations: { a: 'x' },
      constraints: ['node.labels.x == y'],
      limits: { memory: '40Mi', cpu: '100m' },
      requests: { memory: '20Mi' },
      readonlyRootFilesystem: true,
      namespace: 'staging',
      skipBuild: true,
      buildOptions: ['dev'],
      buildArgs: { K: 'v' },
      buildSecrets: { id: './file' },
    },
  ]);
});

test('a limit that is no quantity is told before anything is built, with its line', (t) => {
  for (const [lines, message] of [
    ['    limits: { memory: lots }\n', /^stack\.yaml:6:\d+: limits\.memory must be a size .*, got "lots"$/],
    ['    requests:\n      cpu: "-1"\n', /^stack\.yaml:7:\d+: requests\.cpu must be a number of cores .*, got "-1"$/],
  ] as const)
    t.throws(() => parseStack(withFunction(lines), 'stack.yaml'), { message });
});

test('text fields keep their source text', (t) => {
  const text = withFunction('    environment: { a: 010, b: 1.50, c: true, d: null, e: "null", f: 0x1F, g: ~ }\n');
  t.deepEqual(parseStack(text, 's').functions[0]!.environment, {
    a: '010',
    b: '1.50',
    c: 'true',
    d: '',
    e: 'null',
    f: '0x1F',
    g: '',
  });
});

test('merge keys count, what stands in the mapping itself wins, and nested mappings are replaced whole', (t) => {
  const text = `x-base: &base
  image: base
  environment: { a: "1" }
  labels: { l: base }
x-more: &more { namespace: more, image: more }
${head}functions:
  one:
    <<: [*base, *more]
    environment: { b: "2" }
  two:
    <<: *base
    image: two
`;
  const [one, two] = parseStack(text, 's').functions;
  t.like(one, { image: 'base', environment: { b: '2' }, labels: { l: 'base' }, namespace: 'more' });
  t.like(two, { image: 'two', environment: { a: '1' } });
});

test('a misspelt field is told with the one that was likely meant; anchors and foreign keys may be anywhere', (t) => {
  const text = `x-base: &base { image: base }
shared: &more { labels: { a: b } }
funtions: {}
${withFunction('    enviroment: { A: b }\n    topic: x\n    x-mine: y\n    platforms: linux/arm64\n')}  two:
    <<: [*base, *more]
configuration:
  template: []
`;
  t.deepEqual(parseStack(text, 's.yaml').warnings, [
    's.yaml:3:11: funtions is no field and is ignored; did you mean "functions"?',
    's.yaml:16:13: configuration.template is no field and is ignored; did you mean "templates"?',
    's.yaml:9:17: functions.hello.enviroment is no field and is ignored; did you mean "environment"?',
    's.yaml:10:12: functions.hello.topic is no field and is ignored',
  ]);
});

test('functions that overwrite each other under one image name are told; those that share one build are not', (t) => {
  const fn = (name: string, image: string, more = '') =>
    `  ${name}: { lang: x, handler: ./${name}, image: ${image}${more} }\n`;
  const text = `${head}functions:
${fn('a', 'same')}${fn('b', 'same')}${fn('c', 'same', ', skip_build: true')}${fn('d', 'own')}
  e: { lang: x, handler: ./d, image: own, environment: { A: b } }
`;
  t.deepEqual(parseStack(text, 's.yaml').warnings, [
    's.yaml: a, b are built to the same image, same, so all run what is built last; give each its own',
  ]);
});

const failures: readonly (readonly [string, string, RegExp])[] = [
  ['no YAML', 'functions: [\n', /^s\.yaml:\d+:\d+: not valid YAML/],
  ['a list at the top', '- a\n', /^s\.yaml:1:1: .*must be a mapping/],
  ['nothing', '', /^s\.yaml:1:1: the file is empty/],
  ['a missing provider', 'functions: {}\n', /^s\.yaml:1:1: provider is missing/],
  ['another provider', 'provider:\n  name: faas\n', /^s\.yaml:2:9: provider\.name must be openfaas, got "faas"/],
  ['another version', `version: 2\n${head}`, /^s\.yaml:1:10: version must be 1\.0, got "2"/],
  [
    'a missing image',
    `${head}functions:\n  a:\n    lang: x\n    handler: y\n`,
    /^s\.yaml:5:5: functions\.a\.image is missing/,
  ],
  ['a missing handler', withFunction('    lang: x\n'), /^s\.yaml:5:5: functions\.hello\.handler is missing/],
  ['an empty function', `${head}functions:\n  a:\n`, /functions\.a is empty/],
  ['a bad name', `${head}functions:\n  A_b:\n    image: x\n`, /^s\.yaml:5:5: functions\.A_b is no name of a function/],
  ['text for a list', withFunction('    secrets: one\n'), /^s\.yaml:6:14: functions\.hello\.secrets must be a list/],
  [
    'a mapping for text',
    withFunction('    environment: { a: { b: c } }\n'),
    /^s\.yaml:6:23: functions\.hello\.environment\.a must be text/,
  ],
  [
    'no boolean',
    withFunction('    skip_build: maybe\n'),
    /^s\.yaml:6:17: functions\.hello\.skip_build must be true or false, got "maybe"/,
  ],
  ['an unknown anchor', withFunction('    labels: *nowhere\n'), /^s\.yaml:6:13: .*nowhere/],
  [
    'a cycle of merge keys',
    `a: &a\n  <<: *a\n  b: c\n${head}functions:\n  x: *a\n`,
    /^s\.yaml:2:3: the merge key "<<" leads back/,
  ],
];

for (const [what, text, message] of failures)
  test(`${what} is an error that names file, line and field`, (t) => {
    t.throws(() => parseStack(text, 's.yaml'), { message });
  });
