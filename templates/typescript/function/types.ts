/** One call of the function. */
export interface Event {
  /** Such as `POST`. */
  readonly method: string;
  /** What follows the function's name: `/function/NAME/path` is `/path`; `/` when nothing does. */
  readonly path: string;
  /** `?q=1&tag=a&tag=b` is `{ q: '1', tag: ['a', 'b'] }`. */
  readonly query: Readonly<Record<string, string | string[]>>;
  /** Names in lower case. Only `set-cookie` holds a list. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The bytes as they came. */
  readonly rawBody: Uint8Array;
  /** The parsed value when the content type is JSON (undefined when empty), else the text. */
  readonly body: unknown;
  text(): string;
  /** The parsed value, whatever the content type. What is no JSON becomes a 400, unless you catch it. */
  json(): unknown;
}

/** What `init` can use, and every call too. */
export interface InitContext {
  readonly functionName: string;
  readonly namespace: string;
  /** The text of a secret that stack.yaml lists for the function. */
  secret(name: string): Promise<string>;
}

/** What a call can use beside its event. */
export interface Context extends InitContext {
  /** The same as `X-Call-Id` in the answer and in the logs. */
  readonly callId: string | undefined;
  /** Aborts when the caller has gone or the time is over: give it to `fetch` and the like. */
  readonly signal: AbortSignal;
  /** When `exec_timeout` ends the call; undefined without a limit. */
  readonly deadline: Date | undefined;
  /** Sets the answer's status, 200 by default. */
  status(code: number): this;
  /** Adds to the answer's headers. */
  headers(headers: Readonly<Record<string, string | readonly string[]>>): this;
  /** Answers with `value`; for a handler that returns nothing. */
  succeed(value: Result): void;
  /** Answers with the error, as if the handler had thrown it. */
  fail(error: unknown): void;
}

/** Text, bytes, a stream, a whole `Response`, nothing (undefined), or anything else as JSON. */
export type Result = unknown;
