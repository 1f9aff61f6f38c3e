import { statfs } from 'node:fs/promises';

/** The magic numbers Linux gives file systems on the machine's own disks and memory (`statfs(2)`). */
const FAST_FILE_SYSTEMS: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // btrfs
  0x2fc12fc1, // ZFS
  0xca451a4e, // bcachefs
  0xf2f52010, // F2FS
  0x3153464a, // JFS
  0x01021994, // tmpfs
  0x858458f6, // ramfs
  0x794c7630, // overlayfs
  0x7366746e, // NTFS3
  0x2011bab0, // exFAT
  0x4d44, // FAT
  0xf15f, // eCryptfs
]);

/**
 * Whether a folder may be on a network, or behind a program: FUSE and virtiofs are such. Outside of
 * Linux, where the types are numbered differently, none is taken for one.
 */
export async function mayBeSlow(
  folder: string,
  stat: (path: string) => Promise<{ type: number }> = statfs,
  platform = process.platform,
): Promise<boolean> {
  return platform === 'linux' && !(await isLocal(folder, stat, platform));
}

/**
 * Whether a folder is known to be on the machine's own disks or memory, so that all processes that have it
 * see the same at once. Outside of Linux, none is.
 */
export async function isLocal(
  folder: string,
  stat: (path: string) => Promise<{ type: number }> = statfs,
  platform = process.platform,
): Promise<boolean> {
  if (platform !== 'linux') return false;
  const { type } = await stat(folder);
  // A 32-bit system reports the high magic numbers as negative ones.
  return FAST_FILE_SYSTEMS.has(type >>> 0);
}
