import { isDeepStrictEqual } from 'node:util';
import { FORMATS } from './formats.ts';

export class BadSchema extends Error {}

export interface Flaw {
  /** A JSON pointer to the value (RFC 6901); empty for the whole document. */
  readonly path: string;
  /** The keyword that it breaks. */
  readonly keyword: string;
  readonly message: string;
}

type Schema = Readonly<Record<string, unknown>>;
interface Place {
  readonly root: unknown;
  readonly path: string;
  readonly depth: number;
}
type Check = (expected: never, value: never, schema: Schema, place: Place) => Flaw[];

/** References can lead in a circle, and documents nest. */
const MAX_DEPTH = 200;

/**
 * All places where a document breaks a schema: draft 2020-12 without `unevaluated*`, `$dynamicRef` and references to
 * other documents. Unknown keywords say nothing, as the standard has it.
 *
 * @throws BadSchema
 */
export function validate(schema: unknown, document: unknown): Flaw[] {
  return check(schema, document, { root: schema, path: '', depth: 0 });
}

function check(schema: unknown, value: unknown, place: Place): Flaw[] {
  if (place.depth > MAX_DEPTH) throw new BadSchema(`more than ${MAX_DEPTH} levels; does a $ref lead in a circle?`);
  if (schema === true) return [];
  if (schema === false) return [flaw(place, 'false', 'nothing is allowed here')];
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
    throw new BadSchema(`a schema must be an object or a boolean, got ${JSON.stringify(schema)?.slice(0, 40)}`);
  const rules = schema as Schema;
  const inner = { ...place, depth: place.depth + 1 };
  return Object.keys(rules).flatMap((keyword) => {
    const [isFor, rule] = KEYWORDS[keyword] ?? [];
    return rule !== undefined && isFor!(value) ? rule(rules[keyword] as never, value as never, rules, inner) : [];
  });
}

const flaw = (place: Place, keyword: string, message: string): Flaw => ({ path: place.path, keyword, message });
const below = (place: Place, key: string | number): Place => ({
  ...place,
  path: `${place.path}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`,
});

const any = () => true;
const isText = (value: unknown) => typeof value === 'string';
const isNumber = (value: unknown) => typeof value === 'number';
const isList = (value: unknown) => Array.isArray(value);
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** `1.0` is an integer. */
const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: isText,
  number: isNumber,
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
  array: isList,
  object: isObject,
};

/** A rule about one number. */
function bound(
  keyword: string,
  measure: (value: never) => number,
  fits: (size: number, limit: number) => boolean,
  words: string,
): Check {
  return (limit: number, value: never, _schema, place) => {
    if (typeof limit !== 'number') throw new BadSchema(`${keyword} must be a number`);
    return fits(measure(value), limit) ? [] : [flaw(place, keyword, `${words} ${limit}`)];
  };
}
const least = (size: number, limit: number) => size >= limit;
const most = (size: number, limit: number) => size <= limit;
const self = (value: number) => value;
const characters = (value: string) => [...value].length;
const items = (value: unknown[]) => value.length;
const members = (value: object) => Object.keys(value).length;

const KEYWORDS: Readonly<Record<string, readonly [(value: unknown) => boolean, Check]>> = {
  type: [
    any,
    (expected: string | string[], value, _schema, place) => {
      const types = [expected].flat();
      const unknown = types.find((type) => !Object.hasOwn(TYPES, type));
      if (unknown !== undefined) throw new BadSchema(`there is no type ${JSON.stringify(unknown)}`);
      return types.some((type) => TYPES[type]!(value)) ? [] : [flaw(place, 'type', `must be ${types.join(' or ')}`)];
    },
  ],
  enum: [
    any,
    (values: unknown[], value, _schema, place) =>
      values.some((each) => isDeepStrictEqual(each, value))
        ? []
        : [flaw(place, 'enum', `must be one of ${JSON.stringify(values)}`)],
  ],
  const: [
    any,
    (expected, value, _schema, place) =>
      isDeepStrictEqual(expected, value) ? [] : [flaw(place, 'const', `must be ${JSON.stringify(expected)}`)],
  ],
  minimum: [isNumber, bound('minimum', self, least, 'must be at least')],
  maximum: [isNumber, bound('maximum', self, most, 'must be at most')],
  exclusiveMinimum: [isNumber, bound('exclusiveMinimum', self, (size, limit) => size > limit, 'must be more than')],
  exclusiveMaximum: [isNumber, bound('exclusiveMaximum', self, (size, limit) => size < limit, 'must be less than')],
  // 0.3 is a multiple of 0.1, whatever binary fractions say.
  multipleOf: [
    isNumber,
    bound(
      'multipleOf',
      self,
      (size, limit) => Math.abs(size / limit - Math.round(size / limit)) < 1e-9,
      'must be a multiple of',
    ),
  ],
  minLength: [isText, bound('minLength', characters, least, 'must have characters, at least')],
  maxLength: [isText, bound('maxLength', characters, most, 'must have characters, at most')],
  pattern: [
    isText,
    (pattern: string, value: string, _schema, place) =>
      regularExpression(pattern).test(value) ? [] : [flaw(place, 'pattern', `must fit ${pattern}`)],
  ],
  format: [
    isText,
    (format: string, value: string, _schema, place) =>
      (FORMATS[format]?.(value) ?? true) ? [] : [flaw(place, 'format', `must be of the format ${format}`)],
  ],
  minItems: [isList, bound('minItems', items, least, 'must have items, at least')],
  maxItems: [isList, bound('maxItems', items, most, 'must have items, at most')],
  uniqueItems: [
    isList,
    (unique: boolean, value: unknown[], _schema, place) => {
      const twice = unique
        ? value.findIndex((each, index) => value.slice(0, index).some((other) => isDeepStrictEqual(other, each)))
        : -1;
      return twice === -1 ? [] : [flaw(below(place, twice), 'uniqueItems', 'is there twice')];
    },
  ],
  prefixItems: [
    isList,
    (schemas: unknown[], value: unknown[], _schema, place) =>
      value.slice(0, schemas.length).flatMap((each, index) => check(schemas[index], each, below(place, index))),
  ],
  items: [
    isList,
    (each: unknown, value: unknown[], schema, place) => {
      const before = Array.isArray(schema.prefixItems) ? schema.prefixItems.length : 0;
      return value.slice(before).flatMap((item, index) => check(each, item, below(place, before + index)));
    },
  ],
  contains: [
    isList,
    (schema: unknown, value: unknown[], rules, place) => {
      const found = value.filter((each, index) => check(schema, each, below(place, index)).length === 0).length;
      const fits =
        found >= Number(rules.minContains ?? 1) && found <= Number(rules.maxContains ?? Number.POSITIVE_INFINITY);
      return fits ? [] : [flaw(place, 'contains', `has ${found} items that fit`)];
    },
  ],
  minProperties: [isObject, bound('minProperties', members, least, 'must have members, at least')],
  maxProperties: [isObject, bound('maxProperties', members, most, 'must have members, at most')],
  required: [
    isObject,
    (names: string[], value: object, _schema, place) =>
      names.filter((name) => !Object.hasOwn(value, name)).map((name) => flaw(place, 'required', `lacks "${name}"`)),
  ],
  properties: [
    isObject,
    (schemas: Schema, value: Schema, _schema, place) =>
      Object.keys(schemas)
        .filter((name) => Object.hasOwn(value, name))
        .flatMap((name) => check(schemas[name], value[name], below(place, name))),
  ],
  patternProperties: [
    isObject,
    (schemas: Schema, value: Schema, _schema, place) =>
      Object.keys(schemas).flatMap((pattern) =>
        Object.keys(value)
          .filter((name) => regularExpression(pattern).test(name))
          .flatMap((name) => check(schemas[pattern], value[name], below(place, name))),
      ),
  ],
  additionalProperties: [
    isObject,
    (schema: unknown, value: Schema, rules, place) => {
      const patterns = Object.keys((rules.patternProperties ?? {}) as object).map(regularExpression);
      const known = (rules.properties ?? {}) as object;
      const others = Object.keys(value).filter(
        (name) => !Object.hasOwn(known, name) && !patterns.some((pattern) => pattern.test(name)),
      );
      if (schema === false)
        return others.map((name) => flaw(below(place, name), 'additionalProperties', 'is not allowed'));
      return others.flatMap((name) => check(schema, value[name], below(place, name)));
    },
  ],
  propertyNames: [
    isObject,
    (schema: unknown, value: object, _schema, place) =>
      Object.keys(value).flatMap((name) => check(schema, name, below(place, name))),
  ],
  dependentRequired: [
    isObject,
    (needs: Record<string, string[]>, value: object, _schema, place) =>
      Object.keys(needs)
        .filter((name) => Object.hasOwn(value, name))
        .flatMap((name) =>
          needs[name]!.filter((other) => !Object.hasOwn(value, other)).map((other) =>
            flaw(place, 'dependentRequired', `lacks "${other}", which "${name}" needs`),
          ),
        ),
  ],
  allOf: [any, (schemas: unknown[], value, _schema, place) => schemas.flatMap((each) => check(each, value, place))],
  anyOf: [
    any,
    (schemas: unknown[], value, _schema, place) =>
      schemas.some((each) => check(each, value, place).length === 0)
        ? []
        : [flaw(place, 'anyOf', 'fits none of the alternatives')],
  ],
  oneOf: [
    any,
    (schemas: unknown[], value, _schema, place) => {
      const fitting = schemas.filter((each) => check(each, value, place).length === 0).length;
      return fitting === 1 ? [] : [flaw(place, 'oneOf', `fits ${fitting} of the alternatives, not one`)];
    },
  ],
  not: [
    any,
    (schema: unknown, value, _schema, place) =>
      check(schema, value, place).length > 0 ? [] : [flaw(place, 'not', 'must not fit this schema')],
  ],
  if: [
    any,
    (condition: unknown, value, schema, place) => {
      const branch = check(condition, value, place).length === 0 ? schema.then : schema.else;
      return branch === undefined ? [] : check(branch, value, place);
    },
  ],
  $ref: [any, (reference: string, value, _schema, place) => check(resolve(reference, place.root), value, place)],
};

function resolve(reference: string, root: unknown): unknown {
  if (!reference.startsWith('#'))
    throw new BadSchema(`$ref "${reference}" leads to another document; copy it into $defs`);
  const steps = decodeURIComponent(reference.slice(1))
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  let at = root;
  for (const step of steps)
    at = typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? (at as Schema)[step] : undefined;
  if (at === undefined) throw new BadSchema(`$ref "${reference}" leads nowhere`);
  return at;
}

function regularExpression(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u');
  } catch (error) {
    throw new BadSchema((error as Error).message);
  }
}
