/** Two handlers would share the rows that say what was delivered. */
export function handlerTwice(name: string): string {
  return (
    `Two @OnUploadFinished() handlers are called "${name}". Give one of them an id of its own, ` +
    `@OnUploadFinished({ id: '...' }), or provide its class in one module only.`
  );
}

/** A delivery has no handler any more. */
export function handlerGone(handler: string): string {
  return `There is no @OnUploadFinished() handler "${handler}" any more; its delivery waits for one.`;
}

/** A handler takes long, or hangs. */
export function handlerRunsLong(id: string, handler: string, since: Date): string {
  return (
    `Upload ${id}: ${handler} has been running since ${since.toISOString()}. As long as it does, ` +
    `others of its deliveries may have to wait; a handler that may hang needs a timeout, ` +
    `@OnUploadFinished({ timeout: '10m' }).`
  );
}

/** What tells of an upload hangs. */
export function othersHang(id: string, handler: string): string {
  return (
    `Upload ${id}: a handler that was told of it before has not returned yet; ${handler} is called ` +
    `all the same.`
  );
}

/** A delivery that its process does not survive. */
export function handlerEndsProcess(attempts: number): string {
  return `${attempts} attempts have ended with their process, so no other is made.`;
}

/** Deliveries wait for handlers that are not in this version of the app. */
export function handlersMissing(handler: string, waiting: number, dead: number): string {
  const counts = [waiting && `${waiting} waiting`, dead && `${dead} given up`].filter(Boolean);
  return (
    `There is no @OnUploadFinished() handler "${handler}", but there are deliveries to it ` +
    `(${counts.join(', ')}). Give the handler that took its place the id '${handler}', or ` +
    `terminate their uploads.`
  );
}
