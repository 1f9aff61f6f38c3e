import type { StorageFactory } from '../../interfaces/index.js';
import type { TusOptions } from '../../options/index.js';
import { DiskStorage } from '../../storage/disk/index.js';
import type { LocalFolder } from './local-folder.js';
import { startFault } from './start-faults.js';

/** What an instance asks of its files. */
type DiskFileOptions = Pick<TusOptions, 'fileMode' | 'directoryMode' | 'durability'>;

/** Keeps uploads as files in a folder: the default. */
export function diskFiles(
  folder: LocalFolder,
  { fileMode, directoryMode, durability }: DiskFileOptions,
): StorageFactory {
  const { path, watch, calls, reserve } = folder;
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
        hold: {
          take: () => folder.takeForFiles(),
          share: (registry) => folder.share(registry),
          giveBack: () => folder.giveBack(),
        },
        explain: (fault) => startFault(fault, path),
      }),
  };
}
