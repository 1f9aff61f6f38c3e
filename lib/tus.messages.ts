/** Two handlers would share the rows that say what was delivered. */
export function handlerTwice(name: string): string {
  return (
    `Two @OnUploadFinished() handlers are called "${name}". Give one of them an id of its own, ` +
    `@OnUploadFinished({ id: '...' }), or provide its class in one module only.`
  );
}

/** A handler of an anonymous class has no name that would outlive a restart. */
export function handlerNotStable(method: string): string {
  return (
    `The class of the @OnUploadFinished() handler "${method}" has no name. ` +
    `Name the class, or give the handler an id: @OnUploadFinished({ id: '...' }).`
  );
}

/** A delivery has no handler any more. */
export function handlerGone(handler: string): string {
  return `There is no @OnUploadFinished() handler "${handler}" any more; its delivery waits for one.`;
}

/** Two instances would expire and deliver each other's uploads. */
export function folderTaken(folder: string): string {
  return `Another TusModule instance of this app uses ${folder}. Give each instance a folder of its own.`;
}

/** The folder for uploads cannot be used. */
export function folderUnusable(reason: string): string {
  return `It cannot be created and written to (${reason}). Give a folder on a local disk that this process may write to.`;
}

/** The processes on the folder cannot hear of each other. */
export function processesUnusable(reason: string): string {
  return (
    `No socket can be made in it, by which the processes that share it hand uploads over (${reason}). ` +
    `Give a folder on a local file system that takes Unix domain sockets; of a container that is a ` +
    `volume, not a folder shared with another operating system.`
  );
}
