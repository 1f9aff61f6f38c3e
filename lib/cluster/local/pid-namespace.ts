import { readlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { UnfitFolderError } from '../../errors/index.js';
import { isIdentity, namespaceOf } from './identity.js';
import { Peer } from './peer.js';

/** How Linux names a PID namespace (`namespaces(7)`). */
const NAME = /^pid:\[(\d+)\]$/;

/** What the system says where there is no folder, or something else in its place. */
const NO_FOLDER: readonly unknown[] = ['ENOENT', 'ENOTDIR'];

/** A process of another PID namespace lives on the folder. */
export class OtherPidNamespaceError extends UnfitFolderError {
  override readonly name = 'OtherPidNamespaceError';

  constructor(theirs: string, ours: string) {
    super(
      `A process of another PID namespace (${theirs}, and not ${ours} as this one), such as that ` +
        `of another container, is using it, and LMDB tells processes apart by their ids. Let the ` +
        `containers share a PID namespace (pid: "service:<name>" of Compose, ` +
        `--pid=container:<name> of Docker, shareProcessNamespace of a pod), or give each a ` +
        `tmpFileDir of its own.`,
    );
  }
}

/** The number of this process's PID namespace; `undefined` where the system has none. */
export function pidNamespace(): string | undefined {
  try {
    return NAME.exec(readlinkSync('/proc/self/ns/pid'))?.[1];
  } catch {
    return undefined;
  }
}

/**
 * Refuses a folder on which a process of another PID namespace lives. One that notes none is taken
 * for one of the same.
 *
 * @param folder where the sockets are; need not be there
 * @param me identity of this process
 * @throws OtherPidNamespaceError
 * @throws Error of the system when it cannot be told whether such a process lives
 */
export async function refuseOtherPidNamespace(folder: string, me: string): Promise<void> {
  const ours = namespaceOf(me);
  if (ours === undefined) return;
  for (const name of await namesIn(folder)) {
    const theirs = isIdentity(name) ? namespaceOf(name) : undefined;
    if (theirs === undefined || theirs === ours) continue;
    const peer = await Peer.reach(folder, name, me);
    peer?.close();
    if (peer) throw new OtherPidNamespaceError(theirs, ours);
  }
}

/** What is in a folder; nothing when that is not there. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (NO_FOLDER.includes((error as NodeJS.ErrnoException).code)) return [];
    throw error;
  }
}
