import { BadQuery, type Token, tokenize } from './tokens.ts';

export { BadQuery } from './tokens.ts';

/** From one value to any number of results. */
export type Query = (value: unknown) => Iterable<unknown>;

type Json = Readonly<Record<string, unknown>>;

const COMPARE: Readonly<Record<string, (a: never, b: never) => boolean>> = {
  '==': (a, b) => JSON.stringify(a) === JSON.stringify(b),
  '!=': (a, b) => JSON.stringify(a) !== JSON.stringify(b),
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** Functions without arguments. */
const PLAIN: Readonly<Record<string, (value: unknown) => unknown>> = {
  keys: (value) => (Array.isArray(value) ? [...value.keys()] : Object.keys(object(value, 'keys')).sort()),
  values: (value) => Object.values(object(value, 'values')),
  length: (value) =>
    typeof value === 'string' ? [...value].length : Object.keys(object(value ?? {}, 'length')).length,
  type: (value) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value),
  not: (value) => !truthy(value),
  add: (value) => list(value, 'add').reduce(plus, null),
  sort: (value) => list(value, 'sort').toSorted(order),
  unique: (value) =>
    [...new Map(list(value, 'unique').map((each) => [JSON.stringify(each), each])).values()].sort(order),
  reverse: (value) => list(value, 'reverse').toReversed(),
  min: (value) => list(value, 'min').toSorted(order)[0] ?? null,
  max: (value) => list(value, 'max').toSorted(order).at(-1) ?? null,
  first: (value) => list(value, 'first')[0] ?? null,
  last: (value) => list(value, 'last').at(-1) ?? null,
  flatten: (value) => list(value, 'flatten').flat(100),
  tostring: (value) => (typeof value === 'string' ? value : JSON.stringify(value)),
  tonumber: (value) => number(value),
};
/** Functions of a query. */
const APPLIED: Readonly<Record<string, (query: Query) => Query>> = {
  map: (query) => (value) => [list(value, 'map').flatMap((each) => [...query(each)])],
  select: (query) => (value) => ([...query(value)].some(truthy) ? [value] : []),
  sort_by: (query) => (value) => [list(value, 'sort_by').toSorted((a, b) => order(first(query, a), first(query, b)))],
  group_by: (query) => (value) => [grouped(list(value, 'group_by'), query)],
  has: (query) => (value) => [Object.hasOwn(object(value, 'has'), String(first(query, value)))],
  join: (query) => (value) => [
    list(value, 'join')
      .map((each) => each ?? '')
      .join(String(first(query, value))),
  ],
};

/** Nested parentheses, lists and objects. */
const MAX_DEPTH = 50;

/**
 * Compiles a query: `.a.b`, `.["a b"]`, `.[0]`, `.[-1]`, `.[1:3]`, `.[]`, `?`, `a | b`, `a, b`, comparisons, `and`,
 * `or`, literals, `[...]`, `{name, "x": .y}` and the functions above.
 *
 * @throws BadQuery, at once for what cannot be read, later for what does not fit a value
 */
export function compile(text: string): Query {
  const tokens = tokenize(text);
  let at = 0;
  let depth = 0;
  const query = pipe();
  if (at < tokens.length) throw unexpected(tokens[at]);
  return query;

  function pipe(): Query {
    if (++depth > MAX_DEPTH) throw new BadQuery(`the query is nested more than ${MAX_DEPTH} deep`);
    const parts = [comma()];
    while (take('|')) parts.push(comma());
    depth -= 1;
    return (value) => parts.reduce<Iterable<unknown>>((values, part) => flat(values, part), [value]);
  }

  function comma(): Query {
    const parts = [either()];
    while (take(',')) parts.push(either());
    return parts.length === 1 ? parts[0]! : (value) => flat(parts, (part) => (part as Query)(value));
  }

  function either(): Query {
    return binary(both, ['or'], () => (a, b) => truthy(a) || truthy(b));
  }
  function both(): Query {
    return binary(comparison, ['and'], () => (a, b) => truthy(a) && truthy(b));
  }
  function comparison(): Query {
    return binary(postfix, Object.keys(COMPARE), (name) => COMPARE[name] as (a: unknown, b: unknown) => boolean);
  }
  function binary(
    part: () => Query,
    names: string[],
    operation: (name: string) => (a: unknown, b: unknown) => boolean,
  ) {
    let left = part();
    for (let name = names.find(take); name !== undefined; name = names.find(take)) {
      const [before, right, apply] = [left, part(), operation(name)];
      left = (value) => [apply(first(before, value), first(right, value))];
    }
    return left;
  }

  function postfix(): Query {
    let step = primary();
    for (;;) {
      const before = step;
      if (take('?')) step = (value) => attempt(before, value);
      else if (take('[')) step = chain(before, bracket());
      else if (take('.')) step = chain(before, take('[') ? bracket() : field(name()));
      else return step;
    }
  }

  function primary(): Query {
    const token = tokens[at++];
    if (token === undefined) throw new BadQuery('the query ends too early');
    if (token.kind === 'value') return () => [token.value];
    if (token.text === '.') return startsName() ? field(name()) : (value) => [value];
    if (token.text === '(') return closed(pipe(), ')');
    if (token.text === '[') {
      if (take(']')) return () => [[]];
      const inner = closed(pipe(), ']');
      return (value) => [[...inner(value)]];
    }
    if (token.text === '{') return construction();
    if (token.kind === 'name') return call(token.text);
    throw unexpected(token);
  }

  function call(called: string): Query {
    if (Object.hasOwn(APPLIED, called)) {
      expect('(');
      return APPLIED[called]!(closed(pipe(), ')'));
    }
    if (!Object.hasOwn(PLAIN, called)) {
      const known = [...Object.keys(PLAIN), ...Object.keys(APPLIED).map((each) => `${each}(...)`)];
      throw new BadQuery(`there is no function ${called}; there are ${known.join(', ')}`);
    }
    return (value) => [PLAIN[called]!(value)];
  }

  function bracket(): Query {
    if (take(']')) return each;
    const from = tokens[at]?.text === ':' ? undefined : whole();
    if (!take(':')) {
      expect(']');
      return typeof from === 'string' ? field(from) : element(from!);
    }
    const to = tokens[at]?.text === ']' ? undefined : whole();
    expect(']');
    return (value) => {
      if (value === null) return [null];
      const sliced = typeof value === 'string' ? value : list(value, 'a slice');
      return [sliced.slice(from as number, to as number | undefined)];
    };
  }

  function whole(): string | number {
    const token = tokens[at++];
    if (token?.kind === 'value' && ['string', 'number'].includes(typeof token.value)) return token.value as string;
    throw unexpected(token);
  }

  function construction(): Query {
    const members: [string, Query][] = [];
    while (!take('}')) {
      if (members.length > 0) expect(',');
      const key = name();
      members.push([key, take(':') ? either() : field(key)]);
    }
    return (value) => [Object.fromEntries(members.map(([key, member]) => [key, first(member, value)]))];
  }

  function startsName(): boolean {
    const token = tokens[at];
    return token?.kind === 'name' || typeof (token as { value?: unknown })?.value === 'string';
  }
  function name(): string {
    const token = tokens[at++];
    if (token?.kind === 'name') return token.text;
    if (token?.kind === 'value' && typeof token.value === 'string') return token.value;
    throw unexpected(token);
  }
  function take(symbol: string): boolean {
    const isNext = tokens[at]?.kind !== 'value' && tokens[at]?.text === symbol;
    if (isNext) at += 1;
    return isNext;
  }
  function expect(symbol: string): void {
    if (!take(symbol))
      throw new BadQuery(`"${symbol}" is missing ${tokens[at] ? `before "${tokens[at]!.text}"` : 'at the end'}`);
  }
  function closed(query: Query, symbol: string): Query {
    expect(symbol);
    return query;
  }
}

const unexpected = (token: Token | undefined): BadQuery =>
  new BadQuery(
    token === undefined ? 'the query ends too early' : `"${token.text}" is not expected at character ${token.at + 1}`,
  );

function* flat(values: Iterable<unknown>, query: Query): Iterable<unknown> {
  for (const value of values) yield* query(value);
}
const chain =
  (before: Query, after: Query): Query =>
  (value) =>
    flat(before(value), after);
const first = (query: Query, value: unknown): unknown => [...query(value)][0] ?? null;

const field =
  (name: string): Query =>
  (value) => {
    if (value === null) return [null];
    if (typeof value !== 'object' || Array.isArray(value))
      throw new BadQuery(`.${name} needs an object, not ${shown(value)}`);
    return [Object.hasOwn(value, name) ? (value as Json)[name] : null];
  };
const element =
  (index: number): Query =>
  (value) => [value === null ? null : (list(value, `.[${index}]`).at(index) ?? null)];
const each: Query = (value) => Object.values(object(value, '.[]'));

function attempt(query: Query, value: unknown): unknown[] {
  try {
    return [...query(value)];
  } catch (error) {
    if (error instanceof BadQuery) return [];
    throw error;
  }
}

function grouped(values: readonly unknown[], query: Query): unknown[][] {
  const keyed = values.map((value) => ({ key: first(query, value), value })).sort((a, b) => order(a.key, b.key));
  return [...Map.groupBy(keyed, ({ key }) => JSON.stringify(key)).values()].map((group) =>
    group.map(({ value }) => value),
  );
}

const truthy = (value: unknown): boolean => value !== null && value !== false;

function plus(a: unknown, b: unknown): unknown {
  if (a === null) return b;
  if (b === null) return a;
  if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
  if ((typeof a === 'number' && typeof b === 'number') || (typeof a === 'string' && typeof b === 'string'))
    return (a as string) + (b as string);
  throw new BadQuery(`${shown(a)} and ${shown(b)} cannot be added`);
}

/** jq's order of types: null, false, true, numbers, strings, lists, objects. */
function order(a: unknown, b: unknown): number {
  const difference = rank(a) - rank(b);
  if (difference !== 0) return difference;
  const [x, y] = typeof a === 'object' ? [JSON.stringify(a), JSON.stringify(b)] : [a as string, b as string];
  return x < y ? -1 : x > y ? 1 : 0;
}
function rank(value: unknown): number {
  if (value === null) return 0;
  if (typeof value === 'object') return Array.isArray(value) ? 5 : 6;
  return [false, true].indexOf(value as boolean) + 1 || (typeof value === 'number' ? 3 : 4);
}

function list(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new BadQuery(`${what} needs a list, not ${shown(value)}`);
}
function object(value: unknown, what: string): object {
  if (typeof value === 'object' && value !== null) return value;
  throw new BadQuery(`${what} needs an object or a list, not ${shown(value)}`);
}
function number(value: unknown): number {
  const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof read === 'number' && !Number.isNaN(read)) return read;
  throw new BadQuery(`${shown(value)} is no number`);
}
const shown = (value: unknown): string => JSON.stringify(value).slice(0, 40);
