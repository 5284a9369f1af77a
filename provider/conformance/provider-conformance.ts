import type { TestFn } from 'ava';
import type { Provider } from '../provider.ts';
import { functionSpec } from '../testing/function-spec.ts';
import type { Bench, Conforms } from './bench.ts';
import { Watched } from './calls.ts';
import { failureTests } from './failure-tests.ts';
import { functionTests } from './function-tests.ts';
import { logTests } from './log-tests.ts';
import { namespaceTests } from './namespace-tests.ts';
import { recordTests } from './record-tests.ts';
import { rollingTests } from './rolling-tests.ts';
import { secretTests } from './secret-tests.ts';

/** A fresh provider with nothing deployed, and an image that it can run: probe/server.mjs in http mode. */
export interface ConformanceSetup extends AsyncDisposable {
  readonly provider: Provider;
  readonly image: string;
  /** Replicas are replaced, rolling, when a secret of theirs changes; otherwise they see the new value as they are. */
  readonly secretsRoll?: boolean;
}

/**
 * The contract of provider.ts as tests: each implementation's own test file calls this with a way to make one.
 * `shared`: several gateways may share it, so it has records.
 */
export function providerConformance(
  test: TestFn,
  create: () => Promise<ConformanceSetup>,
  { shared = false }: { readonly shared?: boolean } = {},
): void {
  const conforms: Conforms = (title, run) =>
    test(title, async (t) => {
      await using setup = await create();
      const { provider, image, secretsRoll = false } = setup;
      using watched = new Watched(provider);
      const spec: Bench['spec'] = (name, more) => functionSpec(name, image, more);
      await run(t, { provider, watched, spec, secretsRoll, signal: new AbortController().signal });
    });
  functionTests(conforms);
  rollingTests(conforms);
  failureTests(conforms);
  secretTests(conforms);
  namespaceTests(conforms);
  logTests(conforms);
  if (shared) recordTests(conforms);
}
