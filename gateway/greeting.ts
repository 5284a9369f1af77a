import { styleText } from 'node:util';
import type { Sample } from './first-run.ts';

const DEFAULT_URL = 'http://127.0.0.1:8080';

export interface GreetingFacts {
  readonly url: string;
  readonly metricsUrl: string;
  /** Undefined: nobody needs to log in. */
  readonly login: { readonly user: string; readonly passwordFile: string } | undefined;
  /** The command line to use in any folder. */
  readonly cli: string;
  /** When it is not the default, by which faas-cli finds the credentials. */
  readonly dataFolder: string | undefined;
  readonly functions: number;
  readonly sample: Sample;
  readonly colour: boolean;
  /** Whether functions end with the gateway. */
  readonly endsFunctions: boolean;
}

/** What a person sees once calls can be answered: all of it on the first start, the essentials later. */
export function greeting(facts: GreetingFacts): string {
  const { url, metricsUrl, functions, sample } = facts;
  const bold = (text: string): string => (facts.colour ? styleText('bold', text, { validateStream: false }) : text);
  const dim = (text: string): string => (facts.colour ? styleText('dim', text, { validateStream: false }) : text);
  const count = functions === 1 ? '1 function' : `${functions} functions`;
  const lines = [
    '',
    `  ${bold('Dunlin is ready')}  ${dim(`${count} deployed`)}`,
    '',
    `  Gateway      ${bold(url)}`,
    `  Metrics      ${metricsUrl}/metrics`,
    `  faas-cli     ${facts.cli}`,
    ...loginLines(facts),
  ];
  if (sample !== undefined) lines.push('', ...sampleLines(sample, bold), '', ...nextLines(facts, bold));
  else lines.push(...exports(facts).map((line, at) => `  ${(at === 0 ? 'To use it' : '').padEnd(12)} ${line}`));
  lines.push(
    '',
    `  ${dim(facts.endsFunctions ? 'Ctrl-C stops everything.' : 'Ctrl-C stops the gateway; the functions go on.')}`,
    '',
  );
  return lines.join('\n');
}

function loginLines({ login, cli, url }: GreetingFacts): string[] {
  if (login === undefined) return ['  Credentials  none asked for: basic_auth is false'];
  const gateway = url === DEFAULT_URL ? '' : ` --gateway ${url}`;
  return [
    `  Credentials  user ${login.user}, password in ${login.passwordFile}`,
    `  Log in       ${quoted(cli)} login${gateway} --username ${login.user} --password-stdin < ${quoted(login.passwordFile)}`,
  ];
}

function sampleLines(sample: NonNullable<Sample>, bold: (text: string) => string): string[] {
  if ('failure' in sample) return ['  The sample function could not be deployed:', '', ...indented(sample.failure)];
  return [
    '  A sample function, figlet, was deployed from the store and called:',
    '',
    `    ${bold(sample.call)}`,
    '',
    ...indented(sample.answer),
  ];
}

/** What faas-cli must know of a gateway that is not where it looks by itself. */
function exports({ url, dataFolder }: GreetingFacts): string[] {
  const lines: string[] = [];
  if (url !== DEFAULT_URL) lines.push(`export OPENFAAS_URL=${url}`);
  if (dataFolder !== undefined) lines.push(`export DUNLIN_DATA=${quoted(dataFolder)}`);
  return lines;
}

function nextLines(facts: GreetingFacts, bold: (text: string) => string): string[] {
  const setup = [`alias faas-cli=${quoted(facts.cli)}`, ...exports(facts)];
  const commands = ['faas-cli new --lang typescript hello', 'faas-cli up', 'echo Ada | faas-cli invoke hello'];
  return [
    '  Next, in another terminal and an empty folder:',
    '',
    ...setup.map((line) => `    ${line}`),
    ...commands.map((line) => `    ${bold(line)}`),
  ];
}

const indented = (text: string): string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`.trimEnd());

/** As a shell reads it as one word. */
const quoted = (text: string): string => (/^[\w/.:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
