/** By the name of a method, what decorators have left for it, in that order. */
type Notes<T> = ReadonlyMap<PropertyKey, readonly T[]>;

/**
 * Notes on a class that one of its methods was decorated.
 *
 * Metadata of a function is lost when a decorator above replaces the function; what the class knows
 * stays.
 *
 * @param kind tells one sort of notes from another
 * @param prototype what a decorator is given as its target
 */
export function noteMethod<T>(kind: string, prototype: object, key: PropertyKey, note: T): void {
  const notes = new Map(notesOn<T>(kind, prototype));
  notes.set(key, [...(notes.get(key) ?? []), note]);
  Reflect.defineMetadata(kind, notes, prototype);
}

/** What was noted on a class, and on those it extends for methods that it does not override. */
export function methodNotes<T>(kind: string, prototype: object | null): Notes<T> {
  const found = new Map<PropertyKey, readonly T[]>();
  const heirs: object[] = [];
  for (let owner = prototype; owner !== null; owner = Object.getPrototypeOf(owner) as object) {
    for (const [key, notes] of notesOn<T>(kind, owner)) {
      if (!heirs.some((heir) => Object.hasOwn(heir, key))) found.set(key, notes);
    }
    heirs.push(owner);
  }
  return found;
}

/**
 * Refuses a static method, which no object has that could be found.
 *
 * @param decorator its name, for the message
 * @throws TypeError
 */
export function assertNotStatic(decorator: string, target: object, key: PropertyKey): void {
  if (typeof target !== 'function') return;
  throw new TypeError(
    `${decorator}() cannot stand on ${target.name}.${String(key)}: it is static. Put it on a method ` +
      `of the objects of a provider or a controller.`,
  );
}

function notesOn<T>(kind: string, owner: object): Notes<T> {
  return (Reflect.getOwnMetadata(kind, owner) as Notes<T> | undefined) ?? new Map();
}
