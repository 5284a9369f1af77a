import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Schema } from '../common/config.ts';
import { gatewaySchema } from '../gateway/config.ts';
import { HELP } from '../gateway/flags.ts';
import { watchdogSchema } from '../watchdog/config.ts';

const PAGE = join(import.meta.dirname, '../docs/CONFIGURATION.md');

/** The whole page, made of the schemas that the settings are read by, so that neither tells more than the other. */
const page = `# Configuration

Every setting is a variable of the environment, read once at the start; a wrong one stops the start, and all wrong ones
are named together. Durations are Go's (\`90s\`, \`1m30s\`; a bare number is seconds; more than 24 days are 24 days), sizes
Kubernetes' (\`512Ki\`, \`1G\`).

This page is made from the code: \`UPDATE_DOCS=1 npm test -- test/configuration.test.ts\` writes it, and the test fails
when it is out of date.

## Gateway

\`\`\`
${HELP.trim()}
\`\`\`

${table(gatewaySchema)}

**Timeouts, one chain.** \`upstream_timeout\` ends a call, whatever it is doing: uploading, waiting for a replica, running,
downloading; only server-sent events go on. A function's own \`exec_timeout\` should be shorter, so that its answer, which
knows more, comes first. \`read_timeout\` is for heads of requests and for \`/system/*\` only: a long upload is no attack.

## Labels of a function that the gateway goes by

| label | default | meaning |
| --- | --- | --- |
| \`com.openfaas.scale.min\` | \`1\` | Replicas at the start, and the fewest that an alert leaves. |
| \`com.openfaas.scale.max\` | \`20\` | The most that an alert asks for. |
| \`com.openfaas.scale.factor\` | \`20\` | Percent of the maximum that each firing alert adds. |
| \`com.dunlin.timeout\` | none | In place of \`upstream_timeout\`, for this function; 0 is no limit. |
| \`com.dunlin.max-inflight\` | none | Calls that each replica gets at once; further ones wait for their turn, then 429. |
| \`com.dunlin.auth\` | \`none\` | \`required\`: only who has a token (\`/system/tokens\`) may call it. |

All labels of scaling are in [SCALING.md](SCALING.md).

## Watchdog

Set in a function's \`environment\`. Where the classic watchdog (\`mode: fork\`) differs, its default comes second.

${watchdogTable()}
`;

test('docs/CONFIGURATION.md says what the schemas say', async (t) => {
  if (process.env.UPDATE_DOCS) await writeFile(PAGE, page);
  t.is(await readFile(PAGE, 'utf8'), page);
});

function table(schema: Schema): string {
  return rows(Object.values(schema).map(({ env, fallback, doc }) => [names(env), shown(fallback), doc]));
}

function watchdogTable(): string {
  const classic: Schema = watchdogSchema('fork');
  return rows(
    Object.entries(watchdogSchema('http') as Schema).map(([key, { env, fallback, doc }]) => {
      const inClassic = classic[key]!.fallback;
      const both =
        inClassic === fallback || key === 'mode' ? shown(fallback) : `${shown(fallback)}; ${shown(inClassic)}`;
      return [names(env), both, doc];
    }),
  );
}

function rows(cells: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`;
  return [line(['variable', 'default', 'meaning']), line(['---', '---', '---']), ...cells.map(line)].join('\n');
}

function names(env: readonly string[]): string {
  return env.map((name) => `\`${name}\``).join(', ');
}

function shown(fallback: string): string {
  return fallback === '' ? 'none' : `\`${fallback}\``;
}
