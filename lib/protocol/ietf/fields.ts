import { parseDictionary, parseItem } from 'structured-headers';
import { joined, type HeaderFields } from '../header-fields.js';

/** Digits, and what may stand before them; a decimal, such as `5.0`, is no integer (RFC 9651 §3.3.1). */
const INTEGER = /^ *-?\d+ *(?:;|$)/;

/** An integer with nothing beside it, all of whose digits are exact. */
const COUNT = /^\d{1,15}$/;

/**
 * A field that is an Item of the type Integer (RFC 9651 §3.3.1): at most 15 digits, so that each is exact.
 *
 * @returns `undefined` where it is absent, or anything else: it then counts as absent (RFC 9651 §4.2)
 */
export function integerField(headers: HeaderFields, name: string): number | undefined {
  const text = joined(headers, name);
  // What nearly all say needs no parser, which takes ten times as long.
  if (text !== undefined && COUNT.test(text)) return Number(text);
  // The parser gives a number for decimals too.
  if (text === undefined || !INTEGER.test(text)) return undefined;
  const value = itemOf(text);
  // There is a negative zero in JavaScript.
  return typeof value === 'number' ? value + 0 : undefined;
}

/** An integer that counts something, so that a negative one counts as absent. */
export function countField(headers: HeaderFields, name: string): number | undefined {
  const value = integerField(headers, name);
  return value !== undefined && value >= 0 ? value : undefined;
}

/** A field that is an Item of the type Boolean (RFC 9651 §3.3.6); `undefined` as {@link integerField}. */
export function booleanField(headers: HeaderFields, name: string): boolean | undefined {
  const text = joined(headers, name);
  if (text === undefined) return undefined;
  if (text === '?1' || text === '?0') return text === '?1';
  const value = itemOf(text);
  return typeof value === 'boolean' ? value : undefined;
}

/**
 * The members of a field that is a Dictionary of Items (RFC 9651 §3.2), in order, without parameters; of
 * a member that is an inner list the value is `undefined`.
 *
 * @returns `undefined` where the field is absent
 * @throws SyntaxError where it is no dictionary
 */
export function dictionaryField(
  headers: HeaderFields,
  name: string,
): ReadonlyMap<string, unknown> | undefined {
  const text = joined(headers, name);
  if (text === undefined) return undefined;
  const members = new Map<string, unknown>();
  for (const [key, [value]] of parsed(() => parseDictionary(text))) {
    members.set(key, Array.isArray(value) ? undefined : value);
  }
  return members;
}

function itemOf(text: string): unknown {
  try {
    return parseItem(text)[0];
  } catch {
    return undefined;
  }
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new SyntaxError('The field is no dictionary.', { cause: error });
  }
}
