/** A handler of an anonymous class has no name that would outlive a restart. */
export function handlerNotStable(method: string): string {
  return (
    `The class of the upload handler "${method}" has no name. ` +
    `Name the class, or give the handler an id, as in @OnUploadFinished({ id: '...' }).`
  );
}

/** No instance would call a method. */
export function methodWithoutInstance(
  decorator: string,
  method: string,
  instance: string | undefined,
  names: readonly (string | undefined)[],
): string {
  const what = instance === undefined ? 'without a name' : `called "${instance}"`;
  const there = names.map((name) => (name === undefined ? 'the one without a name' : `"${name}"`));
  return (
    `The ${decorator}() method "${method}" is for a TusModule instance ${what}, and there is none. ` +
    `There are: ${there.join(', ')}. Give the decorator the name of one of them, or import ` +
    `TusModule.forRoot() for the one it means.`
  );
}

/** A module that was loaded later has a handler that cannot be called. */
export function handlerLeftOut(reason: string): string {
  return `A handler of a module that was loaded later is not called. ${reason}`;
}
