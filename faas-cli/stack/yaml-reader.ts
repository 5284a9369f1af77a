import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { FaasError } from '../../common/errors.ts';

interface Source {
  readonly file: string;
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

/**
 * A YAML mapping whose values are read with a rule; an error names file, line, column, field and rule. Scalars keep
 * their source text (`010`, `1.50` and `true` stay those strings, `null` is ''), as in OpenFaaS (contract 4.1). Merge
 * keys (`<<`) count: what the mapping says itself wins, then the merged ones in order, each as a whole.
 */
export class YamlFields {
  readonly #source: Source;
  readonly #path: string;
  readonly #node: Node;
  readonly #members: ReadonlyMap<string, Node>;

  constructor(source: Source, node: Node, path: string) {
    const map = resolve(source, node);
    if (!isMap(map)) throw fieldError(source, node, path, `must be a mapping (key: value), got ${shown(map)}`);
    this.#source = source;
    this.#path = path;
    this.#node = node;
    this.#members = members(source, map, []);
  }

  get keys(): readonly string[] {
    return [...this.#members.keys()];
  }

  has(name: string): boolean {
    return this.#members.has(name);
  }

  /** The text of a scalar; '' is absent. */
  text(name: string): string | undefined {
    const node = this.#members.get(name);
    return node ? scalarText(this.#source, node, this.#at(name)) || undefined : undefined;
  }

  required(name: string, remedy: string): string {
    return this.text(name) ?? this.fail(`${this.#at(name)} is missing; ${remedy}`);
  }

  flag(name: string): boolean | undefined {
    const text = this.text(name);
    if (text === undefined || /^(true|yes|on)$/i.test(text)) return text !== undefined || undefined;
    if (/^(false|no|off)$/i.test(text)) return false;
    return this.failAt(name, `must be true or false, got ${JSON.stringify(text)}`);
  }

  texts(name: string): readonly string[] {
    return this.#items(name).map((item, index) => scalarText(this.#source, item, `${this.#at(name)}[${index}]`));
  }

  record(name: string): Readonly<Record<string, string>> {
    const fields = this.fields(name);
    const entries = fields?.keys.map((key) => [key, fields.text(key) ?? ''] as const) ?? [];
    return Object.fromEntries(entries);
  }

  fields(name: string): YamlFields | undefined {
    const node = this.#members.get(name);
    if (!node || isNull(resolve(this.#source, node))) return undefined;
    return new YamlFields(this.#source, node, this.#at(name));
  }

  list(name: string): readonly YamlFields[] {
    return this.#items(name).map((item, index) => new YamlFields(this.#source, item, `${this.#at(name)}[${index}]`));
  }

  /** An error at this mapping. */
  fail(problem: string): never {
    throw new FaasError('invalid_request', `${place(this.#source, this.#node)}: ${problem}`);
  }

  /** An error at a member's value. */
  failAt(name: string, rule: string): never {
    throw fieldError(this.#source, this.#members.get(name) ?? this.#node, this.#at(name), rule);
  }

  /** `FILE:LINE:COLUMN: PATH` of a member, for messages. */
  where(name: string): string {
    return `${place(this.#source, this.#members.get(name) ?? this.#node)}: ${this.#at(name)}`;
  }

  #items(name: string): readonly Node[] {
    const node = this.#members.get(name);
    const list = node && resolve(this.#source, node);
    if (!list || isNull(list)) return [];
    if (!isSeq(list)) return this.failAt(name, `must be a list (- item), got ${shown(list)}`);
    return list.items as Node[];
  }

  #at(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }
}

/**
 * Parses a YAML file whose top is a mapping.
 *
 * @param file for messages
 * @throws FaasError `invalid_request`
 */
export function readYaml(text: string, file: string): YamlFields {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, schema: 'failsafe', prettyErrors: false });
  const source = { file, document, lines };
  const [error] = document.errors;
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new FaasError('invalid_request', `${file}:${line}:${col}: not valid YAML: ${error.message}`);
  }
  if (!document.contents || isNull(document.contents))
    throw new FaasError('invalid_request', `${file}:1:1: the file is empty`);
  return new YamlFields(source, document.contents, '');
}

function members(source: Source, map: YAMLMap, within: readonly YAMLMap[]): Map<string, Node> {
  if (within.includes(map))
    throw new FaasError('invalid_request', `${place(source, map)}: the merge key "<<" leads back to its own mapping`);
  const own = new Map<string, Node>();
  const merged: Map<string, Node>[] = [];
  for (const { key, value } of map.items as { key: Node; value: Node | null }[]) {
    const name = scalarText(source, key, 'a key');
    if (name === '<<' && value) merged.push(...mergedMaps(source, value, [...within, map]));
    else if (value) own.set(name, value);
  }
  for (const other of merged) for (const [name, value] of other) if (!own.has(name)) own.set(name, value);
  return own;
}

function mergedMaps(source: Source, value: Node, within: readonly YAMLMap[]): Map<string, Node>[] {
  const target = resolve(source, value);
  const nodes = isSeq(target) ? (target.items as Node[]) : [value];
  return nodes.map((node) => {
    const map = resolve(source, node);
    if (!isMap(map)) throw fieldError(source, node, '<<', `must merge a mapping, got ${shown(map)}`);
    return members(source, map, within);
  });
}

function resolve(source: Source, node: Node): Node {
  if (!isAlias(node)) return node;
  const target = (node as Alias).resolve(source.document) as Node | undefined;
  if (target) return target;
  throw new FaasError('invalid_request', `${place(source, node)}: there is no anchor "&${(node as Alias).source}"`);
}

const NULLS = ['', '~', 'null', 'Null', 'NULL'];
const isNull = (node: Node): boolean =>
  isScalar(node) && (node.value === null || (isPlain(node) && NULLS.includes(String(node.value))));
const isPlain = (scalar: Scalar): boolean => scalar.type === 'PLAIN' || scalar.type === undefined;

function scalarText(source: Source, node: Node, path: string): string {
  const target = resolve(source, node);
  if (!isScalar(target)) throw fieldError(source, node, path, `must be text, got ${shown(target)}`);
  return isNull(target) ? '' : String(target.value);
}

function shown(node: Node): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  return isNull(node) ? 'nothing' : JSON.stringify(String((node as Scalar).value));
}

function place(source: Source, node: Node): string {
  const { line, col } = source.lines.linePos(node.range?.[0] ?? 0);
  return `${source.file}:${line}:${col}`;
}

const fieldError = (source: Source, node: Node, path: string, rule: string): FaasError =>
  new FaasError('invalid_request', `${place(source, node)}: ${path || 'the file'} ${rule}`);
