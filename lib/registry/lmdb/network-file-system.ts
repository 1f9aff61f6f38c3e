import { statfs } from 'node:fs/promises';
import { UnfitFolderError } from '../../errors/index.js';

/** The magic numbers Linux gives network file systems (`statfs(2)` and their kernel headers). */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x564c, 'NCP'],
]);

/**
 * Names the network file system that a `statfs` type stands for.
 *
 * FUSE is not among them: it tells nothing of what lies behind it. Outside of Linux the types are
 * numbered differently, so that nothing is recognized there.
 *
 * @returns `undefined` when the type is not known to be one.
 */
export function networkFileSystem(type: number): string | undefined {
  // A 32-bit system reports the high magic numbers as negative ones.
  return NETWORK_FILE_SYSTEMS.get(type >>> 0);
}

/**
 * Refuses a folder on a network file system, where LMDB's shared memory and locks do not work.
 *
 * @throws UnfitFolderError that says where the folder is to go.
 */
export async function refuseNetworkFileSystem(
  folder: string,
  stat: (path: string) => Promise<{ type: number }> = statfs,
): Promise<void> {
  const name = networkFileSystem((await stat(folder)).type);
  if (name === undefined) return;
  throw new UnfitFolderError(
    `The upload registry cannot lie on a network file system, and ${folder} is on ${name}. ` +
      'Put tmpFileDir on a local disk, or use a registry made for several machines.',
  );
}
