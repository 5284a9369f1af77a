import { MARKS_PER_FIELD, parseFields } from './field-parser.ts';

/**
 * The headers of one message, where they lie in its text. Most are passed on as they came, as lines, and many at once:
 * a name or a value becomes a string of its own when somebody asks for it, and names are compared without. Places (`at`)
 * count from 0.
 */
export class Fields {
  readonly #text: string;
  readonly #marks: number[];

  /** @param marks what `parseFields` found in `text` */
  private constructor(text: string, marks: number[]) {
    this.#text = text;
    this.#marks = marks;
  }

  /** Of what stands in `text` from `at` to an empty line. @throws FieldError */
  static read(text: string, at: number): Fields {
    const marks: number[] = [];
    parseFields(text, at, marks);
    return new Fields(text, marks);
  }

  /** Of a flat list, name after value, that a parser has read. */
  static of(flat: readonly string[]): Fields {
    let text = '';
    const marks: number[] = [];
    for (let i = 0; i < flat.length; i += 2) {
      const nameEnd = text.length + flat[i]!.length;
      const valueStart = nameEnd + ': '.length;
      marks.push(text.length, nameEnd, valueStart, valueStart + flat[i + 1]!.length);
      text += `${flat[i]!}: ${flat[i + 1]!}\r\n`;
    }
    return new Fields(text, marks);
  }

  get count(): number {
    return this.#marks.length / MARKS_PER_FIELD;
  }

  nameLength(at: number): number {
    const i = at * MARKS_PER_FIELD;
    return this.#marks[i + 1]! - this.#marks[i]!;
  }

  name(at: number): string {
    const i = at * MARKS_PER_FIELD;
    return this.#text.slice(this.#marks[i]!, this.#marks[i + 1]!);
  }

  value(at: number): string {
    const i = at * MARKS_PER_FIELD;
    return this.#text.slice(this.#marks[i + 2]!, this.#marks[i + 3]!);
  }

  /** Whether the name is `lowerName`, which is of letters, digits and hyphens. */
  isNamed(at: number, lowerName: string): boolean {
    const i = at * MARKS_PER_FIELD;
    const start = this.#marks[i]!;
    if (this.#marks[i + 1]! - start !== lowerName.length) return false;
    // A letter's case is its bit 5; digits and hyphens have it set.
    for (let char = 0; char < lowerName.length; char++)
      if ((this.#text.charCodeAt(start + char) | 32) !== lowerName.charCodeAt(char)) return false;
    return true;
  }

  /** The first value of a header. */
  get(lowerName: string): string | undefined {
    const at = this.#find(lowerName);
    return at === -1 ? undefined : this.value(at);
  }

  has(lowerName: string): boolean {
    return this.#find(lowerName) !== -1;
  }

  /** Puts the header at `from` in the place of the one at `to`, of which nothing is left. */
  move(from: number, to: number): void {
    if (from === to) return;
    for (let mark = 0; mark < MARKS_PER_FIELD; mark++)
      this.#marks[to * MARKS_PER_FIELD + mark] = this.#marks[from * MARKS_PER_FIELD + mark]!;
  }

  /** Leaves only the first `count`. */
  truncate(count: number): void {
    this.#marks.length = count * MARKS_PER_FIELD;
  }

  /** Without the headers of these names, given in lower case. */
  without(lowerNames: readonly string[]): Fields {
    const fields = new Fields(this.#text, [...this.#marks]);
    let kept = 0;
    for (let at = 0; at < this.count; at++)
      if (!lowerNames.includes(this.name(at).toLowerCase())) fields.move(at, kept++);
    fields.truncate(kept);
    return fields;
  }

  /** Name after value, as in `IncomingMessage.rawHeaders`. */
  flat(): string[] {
    const flat: string[] = [];
    for (let at = 0; at < this.count; at++) flat.push(this.name(at), this.value(at));
    return flat;
  }

  /**
   * The lines of those headers that `drops` leaves and that `added` (flat) does not replace. What came as we write it
   * is taken as it came.
   */
  lines(added: readonly string[], drops: (fields: Fields, at: number) => boolean): string {
    const text = this.#text;
    const marks = this.#marks;
    let lines = '';
    let runStart = 0;
    let runEnd = 0;
    for (let at = 0; at < this.count; at++) {
      if (drops(this, at) || (added.length > 0 && this.#isAmong(at, added))) continue;
      const nameStart = marks[at * MARKS_PER_FIELD]!;
      if (this.#isPlain(at)) {
        if (nameStart !== runEnd) {
          if (runEnd !== runStart) lines += text.slice(runStart, runEnd);
          runStart = nameStart;
        }
        runEnd = marks[at * MARKS_PER_FIELD + 3]! + 2;
      } else {
        if (runEnd !== runStart) lines += text.slice(runStart, runEnd);
        runStart = runEnd;
        lines += `${this.name(at)}: ${this.value(at)}\r\n`;
      }
    }
    return runEnd === runStart ? lines : lines + text.slice(runStart, runEnd);
  }

  /** It came as `name: value` and the line's end. */
  #isPlain(at: number): boolean {
    const i = at * MARKS_PER_FIELD;
    const nameEnd = this.#marks[i + 1]!;
    return (
      this.#marks[i + 2] === nameEnd + 2 &&
      this.#text.charCodeAt(nameEnd + 1) === 32 &&
      this.#text.charCodeAt(this.#marks[i + 3]!) === 13
    );
  }

  #isAmong(at: number, flat: readonly string[]): boolean {
    const length = this.nameLength(at);
    for (let i = 0; i < flat.length; i += 2)
      if (flat[i]!.length === length && this.name(at).toLowerCase() === flat[i]!.toLowerCase()) return true;
    return false;
  }

  /** The place of the first header of this name, or -1. */
  #find(lowerName: string): number {
    for (let at = 0; at < this.count; at++) if (this.isNamed(at, lowerName)) return at;
    return -1;
  }
}

/** No headers. */
export const NO_FIELDS = Fields.of([]);

/** The headers of a request, of our own server or of node:http's. */
export function fieldsOf(req: { readonly fields?: Fields; readonly rawHeaders: readonly string[] }): Fields {
  return req.fields ?? Fields.of(req.rawHeaders);
}
