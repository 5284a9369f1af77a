import { stripVTControlCharacters } from 'node:util';
import type { EngineMessage } from './engine-messages.ts';

/** Of a failed build, what goes into its error. */
const LAST_LINES = 20;
/** What the engine says of its own containers. */
const NOISE = /^( ---> Running in |Removing intermediate container )/;
/** States of a layer that change many times a second. */
const FLEETING = /^(Downloading|Extracting|Waiting|Verifying Checksum|Pulling fs layer)/;

/** What a build has said so far: the step it is at, its lines, and how it ended. */
export class BuildLog {
  readonly lines: string[] = [];
  /** The step that runs, as the engine counts: `3/12`. */
  step: { readonly number: string; readonly text: string } | undefined;
  /** What the step does just now: its last line, or the layer that is being fetched. */
  activity = '';
  imageId: string | undefined;
  /** The engine's words for why it failed. */
  failure: string | undefined;
  #unfinished = '';
  #stepBegan = 0;

  /** Takes a message and returns the lines that it completes. */
  add(message: EngineMessage): readonly string[] {
    if (message.aux?.ID) this.imageId = message.aux.ID;
    if (message.error !== undefined) this.failure = message.errorDetail?.message ?? message.error;
    if (message.stream !== undefined) return this.#addText(message.stream);
    if (message.status === undefined) return [];
    this.activity = message.id ? `${message.id}: ${message.status}` : message.status;
    return FLEETING.test(message.status) ? [] : this.#addLine(this.activity);
  }

  /** Lines of the step that runs, at most twenty. */
  get lastLines(): readonly string[] {
    return this.lines.slice(this.#stepBegan).slice(-LAST_LINES);
  }

  #addText(text: string): readonly string[] {
    const lines = (this.#unfinished + text).split('\n');
    this.#unfinished = lines.pop()!;
    return lines.flatMap((line) => this.#addLine(line));
  }

  #addLine(given: string): readonly string[] {
    // A carriage return begins the line anew, as progress bars do.
    const line = stripVTControlCharacters(given).trimEnd().split('\r').at(-1)!;
    if (line.trim() === '' || NOISE.test(line)) return [];
    const [, number, text] = /^Step (\d+\/\d+) : (.*)$/.exec(line) ?? [];
    if (number !== undefined) {
      this.step = { number, text: text! };
      this.#stepBegan = this.lines.length + 1;
    }
    this.activity = number === undefined ? line.trim() : '';
    this.lines.push(line);
    return [line];
  }
}
