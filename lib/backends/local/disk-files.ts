import type { StorageFactory } from '../../interfaces/index.js';
import type { TusOptions } from '../../options/index.js';
import { DiskStorage } from '../../storage/disk/index.js';
import { FolderMark } from './folder-mark.js';
import type { LocalFolder } from './local-folder.js';
import { startFault } from './start-faults.js';

/** What an instance asks of its files. */
type DiskFileOptions = Pick<TusOptions, 'fileMode' | 'directoryMode' | 'durability' | 'registry'>;

/** Keeps uploads as files in a folder: the default. */
export function diskFiles(
  folder: LocalFolder,
  { fileMode, directoryMode, durability, registry }: DiskFileOptions,
): StorageFactory {
  const { path, watch, calls, reserve } = folder;
  // The registry in the folder watches it by a file of its own.
  const mark = registry && new FolderMark(folder);
  return {
    create: ({ records, fence }) =>
      new DiskStorage({
        folder: path,
        fileMode,
        directoryMode,
        flushesEarly: durability !== 'none',
        records,
        fence,
        watch,
        calls,
        reserve,
        mark,
        explain: (fault) => startFault(fault, path),
      }),
  };
}
