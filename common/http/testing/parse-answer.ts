import type { AnswerHead } from '../answer-head.ts';
import { AnswerParser, type AnswerSink } from '../answer-parser.ts';

/** What a parser made of an answer, in a form that can be compared. */
export interface ParsedAnswer {
  readonly informational: readonly { readonly status: number; readonly headers: readonly string[] }[];
  readonly status?: number;
  readonly reason?: string;
  readonly headers?: readonly string[];
  readonly framing?: string;
  readonly keepAlive?: boolean;
  readonly body: string;
  readonly trailers?: readonly string[];
  /** Nothing came after the end. */
  readonly clean?: boolean;
  readonly error?: string;
}

/** Parses an answer given in pieces, and then the connection's end if `eof`. */
export function parseAnswer(
  pieces: readonly string[],
  options: { readonly isHead?: boolean; readonly eof?: boolean } = {},
): ParsedAnswer {
  const sink = new RecordingSink();
  const parser = new AnswerParser(sink);
  parser.start(options.isHead ?? false);
  try {
    for (const piece of pieces) {
      const bytes = Buffer.from(piece, 'latin1');
      // What a parser keeps of a piece must be its own: the buffer is used again for the next one.
      parser.execute(bytes, bytes.length);
      bytes.fill('!');
    }
    if (options.eof) parser.finish();
  } catch (error) {
    sink.result.error = (error as Error).message;
  }
  return sink.result;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

class RecordingSink implements AnswerSink {
  readonly result: Mutable<ParsedAnswer> & { informational: { status: number; headers: string[] }[] } = {
    informational: [],
    body: '',
  };

  onParsedInformational({ status, fields }: AnswerHead): void {
    this.result.informational.push({ status, headers: fields.flat() });
  }

  onParsedHead({ status, reason, fields, framing, keepAlive }: AnswerHead): void {
    Object.assign(this.result, { status, reason, headers: fields.flat(), framing, keepAlive });
  }

  onParsedData(chunk: Buffer): void {
    this.result.body += chunk.toString('latin1');
  }

  onParsedBody(body: string): void {
    this.result.body += body;
  }

  onParsedEnd(trailers: string[], clean: boolean): void {
    this.result.trailers = trailers;
    this.result.clean = clean;
  }
}
