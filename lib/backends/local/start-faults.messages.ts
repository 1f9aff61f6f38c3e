/** The folder for uploads cannot be used. */
export function folderUnusable(reason: string): string {
  return `It cannot be created and written to (${reason}). Give a folder on a local disk that this process may write to.`;
}

/** This process has not the rights it needs in the folder. */
export function folderForbidden(reason: string): string {
  const user = process.geteuid?.();
  const who = user === undefined ? 'This process' : `This process, which runs as user ${user},`;
  return (
    `${who} may not use it (${reason}). Give a folder on a local disk that belongs to that user with ` +
    `all that is in it: what is in ".tus" is for one user only. Where another user once ran the app, ` +
    `change the owner of it all (chown -R).`
  );
}

/** The folder cannot be written to. */
export function folderReadOnly(reason: string): string {
  return `It is on a file system that is read-only (${reason}). Give a folder on a disk, or a volume, that can be written to.`;
}

/** There is no room for what is known of uploads. */
export function folderFull(reason: string): string {
  return `There is no room on its disk, or no quota is left (${reason}). Make room; what is known of uploads needs some.`;
}

/** A limit on this process, and no fault of the folder. */
export function filesUsedUp(folder: string, reason: string): string {
  return (
    `TusModule cannot open what it keeps in ${folder}, because too many files are open (${reason}). ` +
    `Raise the limit of this process (ulimit -n, LimitNOFILE), or look for what leaves files open.`
  );
}

/** The processes on the folder cannot hear of each other. */
export function processesUnusable(reason: string): string {
  return (
    `No socket can be made in it, and the processes that share it need some to hand uploads over ` +
    `(${reason}). Give a folder on a local file system that takes Unix domain sockets; in a container, ` +
    `a volume, and not a folder shared with another operating system.`
  );
}
