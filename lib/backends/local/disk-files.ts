import type { StorageFactory } from '../../interfaces/index.js';
import type { TusOptions } from '../../options/index.js';
import { DiskStorage } from '../../storage/disk/index.js';
import type { LocalFolder } from './local-folder.js';
import { startFault } from './start-faults.js';

/** Keeps uploads as files in a folder: the default. */
export function diskFiles(
  folder: LocalFolder,
  { fileMode, directoryMode }: Pick<TusOptions, 'fileMode' | 'directoryMode'>,
): StorageFactory {
  const { path, watch, calls, reserve } = folder;
  return {
    create: ({ records, fence }) =>
      new DiskStorage({
        folder: path,
        fileMode,
        directoryMode,
        records,
        fence,
        watch,
        calls,
        reserve,
        hold: { take: () => folder.takeForFiles(), giveBack: () => folder.giveBack() },
        explain: (fault) => startFault(fault, path),
      }),
  };
}
