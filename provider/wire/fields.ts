import { FaasError } from '../../common/errors.ts';

/**
 * The members of a JSON object that somebody sent. Keys match whatever their case, as Go's decoder does, which
 * hand-written clients of OpenFaaS rely on (contract 10.2); `null` is the same as absent; unknown keys are ignored.
 * A value of a wrong type is an `invalid_request` that names its path.
 */
export class Fields {
  readonly #path: string;
  readonly #members = new Map<string, unknown>();

  /** @param path where the object stands in the body; '' is the body itself */
  constructor(value: unknown, path = '') {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw wrongType(path || 'the body', 'a JSON object', value);
    this.#path = path;
    for (const [key, member] of Object.entries(value)) this.#members.set(key.toLowerCase(), member);
  }

  text(name: string): string | undefined {
    const value = this.#get(name);
    if (value === undefined || typeof value === 'string') return value;
    throw wrongType(this.#at(name), 'a string', value);
  }

  /** A string that is there and not empty. */
  required(name: string): string {
    const value = this.text(name);
    if (value) return value;
    throw new FaasError('invalid_request', `${this.#at(name)} is missing; give it a string`);
  }

  flag(name: string): boolean | undefined {
    const value = this.#get(name);
    if (value === undefined || typeof value === 'boolean') return value;
    throw wrongType(this.#at(name), 'true or false', value);
  }

  /** A whole number, 0 or more. */
  count(name: string): number | undefined {
    const value = this.#get(name);
    if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0)) return value as number;
    throw wrongType(this.#at(name), 'a whole number, 0 or more', value);
  }

  number(name: string): number | undefined {
    const value = this.#get(name);
    if (value === undefined || typeof value === 'number') return value;
    throw wrongType(this.#at(name), 'a number', value);
  }

  texts(name: string): readonly string[] | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw wrongType(this.#at(name), 'an array of strings', value);
    for (const [index, item] of value.entries())
      if (typeof item !== 'string') throw wrongType(`${this.#at(name)}[${index}]`, 'a string', item);
    return value as readonly string[];
  }

  /** An object whose values are all strings; its keys keep their case. */
  record(name: string): Readonly<Record<string, string>> | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || Array.isArray(value))
      throw wrongType(this.#at(name), 'an object of strings', value);
    for (const [key, item] of Object.entries(value!))
      if (typeof item !== 'string') throw wrongType(`${this.#at(name)}.${key}`, 'a string', item);
    return value as Readonly<Record<string, string>>;
  }

  object(name: string): Fields | undefined {
    const value = this.#get(name);
    return value === undefined ? undefined : new Fields(value, this.#at(name));
  }

  /** An array of objects; absent is empty. */
  objects(name: string): readonly Fields[] {
    const value = this.#get(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw wrongType(this.#at(name), 'an array of objects', value);
    return value.map((item, index) => new Fields(item, `${this.#at(name)}[${index}]`));
  }

  #get(name: string): unknown {
    return this.#members.get(name.toLowerCase()) ?? undefined;
  }

  #at(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }
}

function wrongType(path: string, rule: string, value: unknown): FaasError {
  return new FaasError('invalid_request', `${path} must be ${rule}, got ${shown(value)}`);
}

/** A value as it was sent, cut so that a message stays a line. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

/** Members whose value is worth sending: Go's "omit when empty" (contract 1.5). */
export function withoutEmpty<T extends object>(members: T): Partial<T> {
  const kept: Partial<T> = {};
  for (const [key, value] of Object.entries(members) as [keyof T, unknown][])
    if (!isEmpty(value)) kept[key] = value as T[keyof T];
  return kept;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
