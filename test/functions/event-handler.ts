// A handler of module mode whose behaviour the path chooses.
interface Event {
  readonly method: string;
  readonly path: string;
  readonly query: Record<string, unknown>;
  readonly headers: Record<string, string>;
  readonly body: unknown;
  readonly rawBody: Uint8Array;
}
interface Context {
  readonly callId?: string;
  readonly functionName: string;
  readonly signal: AbortSignal;
  readonly deadline?: Date;
  secret(name: string): Promise<string>;
  status(code: number): Context;
  headers(headers: Record<string, string>): Context;
  succeed(value: unknown): void;
  fail(error: unknown): void;
}

let initialised = 'no';
export async function init({ functionName }: { functionName: string }): Promise<void> {
  await Promise.resolve();
  initialised = functionName;
}
export function shutdown(): void {
  console.log('shutting down in order');
}

const routes: Record<string, (event: Event, context: Context) => unknown> = {
  '/text': () => 'text',
  '/bytes': () => new Uint8Array([0, 1, 255]),
  '/nothing': () => undefined,
  // More than two sockets hold.
  '/large': () => new Uint8Array(64 * 1024 * 1024),
  '/json': () => ({ answer: 42 }),
  '/response': () => new Response('made', { status: 201, headers: { 'X-Own': 'yes', 'Content-Type': 'text/own' } }),
  '/stream': async function* () {
    yield 'one ';
    yield new TextEncoder().encode('two');
  },
  '/broken-stream': async function* () {
    yield 'one';
    throw new Error('the stream broke');
  },
  '/succeed': (_event, context) => context.status(202).headers({ 'X-Own': 'yes' }).succeed('done'),
  '/fail': (_event, context) => context.status(422).fail('not like this'),
  '/throw': () => {
    throw new Error('boom');
  },
  '/late-throw': () => {
    setImmediate(() => {
      throw new Error('late boom');
    });
    return new Promise(() => {});
  },
  '/exit': () => {
    console.log('last words');
    process.exit(3);
  },
  '/block': () => {
    console.log('blocking now');
    for (;;);
  },
  '/hang': (_event, context) =>
    new Promise(() => context.signal.addEventListener('abort', () => console.log(`aborted: ${context.signal.reason}`))),
  '/log': () => {
    console.log('a line of\nstdout');
    console.error('stderr %d', 1);
    process.stdout.write('no line feed');
    process.stdout.write(' until here\n');
  },
  '/secret': (event, context) => context.secret(String(event.query.name)),
};

export default function handle(event: Event, context: Context): unknown {
  const route = routes[event.path];
  if (route !== undefined) return route(event, context);
  const { method, path, query, body, rawBody } = event;
  const { callId, functionName, deadline } = context;
  const hasDeadline = deadline !== undefined && deadline.getTime() > Date.now();
  return { method, path, query, body, bytes: rawBody.length, callId, functionName, hasDeadline, initialised };
}
