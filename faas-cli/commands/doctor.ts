import { FaasError } from '../../common/errors.ts';
import { gatewayBuilder } from '../build/choose-builder.ts';
import type { Context } from '../context.ts';
import type { Finding } from '../doctor/check.ts';
import { gatewayChecks } from '../doctor/gateway-checks.ts';
import { imageChecks } from '../doctor/image-checks.ts';
import { programChecks, stackChecks } from '../doctor/local-checks.ts';
import { connectionOf } from '../stack/connect-with-stack.ts';
import { defineCommand } from './command.ts';
import { gatewayFlags, jsonFlags } from './flag-sets.ts';

export const doctor = defineCommand({
  usage: '[-g URL] [--json]',
  description:
    "Looks at gateway, credentials, clock, functions, tools, templates and stack file; where no gateway answers, at its ports; where it runs images, at the Docker Engine and the images' registries. Exit code 1 when there is a problem; warnings do not count.",
  examples: ['faas-cli doctor', 'faas-cli doctor -g https://faas.example.com'],
  flags: { ...gatewayFlags, ...jsonFlags },
  async run(context, _args, flags) {
    const { findings: local, stack } = await stackChecks(context);
    const client = await context.connect({ ...connectionOf(flags, stack?.gateway), timeoutMs: 5000 });
    const [programs, gateway] = await Promise.all([
      programChecks(context),
      gatewayChecks(client, Date.now, context.signal),
    ]);
    // An embedded engine needs no images.
    const builder = await gatewayBuilder(client, context.signal);
    const images = builder === 'docker' ? await imageChecks(stack, context) : [];
    const findings = [...programs, ...local, ...gateway, ...images];
    context.stdout.write(flags.json ? `${JSON.stringify(findings, null, 2)}\n` : report(findings, context));
    const problems = findings.filter(({ state }) => state === 'problem').length;
    if (problems > 0) throw new FaasError('function_failed', `${problems} problem${problems === 1 ? '' : 's'} found`);
  },
});

const MARKS = { ok: ['ok', '32'], warning: ['warning', '33'], problem: ['problem', '31'] } as const;

function report(findings: readonly Finding[], { stdout, env }: Context): string {
  const colour = stdout.isTTY && !env.NO_COLOR;
  return findings
    .map(({ check, state, detail, remedy }) => {
      const [mark, code] = MARKS[state];
      const padded = mark.padEnd(8);
      const shown = colour ? `\u001b[${code}m${padded}\u001b[0m` : padded;
      return `${shown} ${check.padEnd(12)} ${detail}\n${remedy ? `${' '.repeat(22)}-> ${remedy}\n` : ''}`;
    })
    .join('');
}
