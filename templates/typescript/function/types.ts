/** One call of the function. */
export interface Event {
  /** Such as `POST`. */
  readonly method: string;
  /** What follows the function's name: `/function/NAME/path` is `/path`; `/` when nothing does. */
  readonly path: string;
  /** `?q=1&tag=a&tag=b` is `{ q: '1', tag: ['a', 'b'] }`. */
  readonly query: Readonly<Record<string, string | string[]>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes as they came. */
  readonly rawBody: Uint8Array;
  /** The parsed value when the content type is JSON, else the text. */
  readonly body: unknown;
  text(): string;
  /** @throws SyntaxError when the body is no JSON */
  json(): unknown;
}

/** What a call can use beside its event. */
export interface Context {
  /** The same in the gateway's answer (`X-Call-Id`) and in the logs. */
  readonly callId: string;
  readonly functionName: string;
  readonly namespace: string;
  /** Aborts when the caller has gone or the time is over: give it to `fetch` and the like. */
  readonly signal: AbortSignal;
  /** When `exec_timeout` is over, in milliseconds since 1970; undefined without a limit. */
  readonly deadline: number | undefined;
  /** The text of a secret that stack.yaml lists for the function. */
  secret(name: string): Promise<string>;
  /** Sets the answer's status, 200 by default. */
  status(code: number): this;
  /** Adds to the answer's headers. */
  headers(headers: Readonly<Record<string, string>>): this;
  /** Answers with `value`, like `return value`. */
  succeed(value: Result): this;
  /** Answers 500 with the error's message. */
  fail(error: unknown): this;
}

/** Text, bytes, a stream, a whole `Response`, nothing, or anything else as JSON. */
export type Result =
  | string
  | Uint8Array
  | ReadableStream<Uint8Array | string>
  | AsyncIterable<Uint8Array | string>
  | Response
  | undefined
  | object
  | number
  | boolean
  | null;
