import { asError, hasCode } from '../../errors/index.js';

/** The part of the package that is used. */
export type Lmdb = Pick<typeof import('lmdb'), 'open'>;

/** What Node says where `import()` does not work: in Jest, unless it is told to. */
const NO_IMPORT = 'ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG';

/** LMDB cannot be loaded: there is no compiled part of it for this system, or it is broken. */
export class LmdbUnavailableError extends Error {
  override readonly name = 'LmdbUnavailableError';

  constructor(cause: unknown) {
    const system = `${process.platform}-${process.arch}`;
    super(
      `The package "lmdb", which keeps what is known of uploads, cannot be loaded ` +
        `(${firstLine(asError(cause).message)}). Its compiled part for this system is the optional ` +
        `dependency "@lmdb/lmdb-${system}": install without --omit=optional or --no-optional, on the ` +
        `system it is to run on, and leave both packages out of bundles.`,
      { cause },
    );
  }
}

let loading: Promise<Lmdb> | undefined;

/**
 * Loads LMDB, when an instance starts: where that fails, the app hears why and what to do.
 *
 * @throws LmdbUnavailableError
 */
export function loadLmdb(): Promise<Lmdb> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Lmdb> {
  try {
    return await import('lmdb').catch((error: unknown) => {
      if (!hasCode(error, NO_IMPORT) || typeof require === 'undefined') throw error;
      return require('lmdb') as Lmdb;
    });
  } catch (error) {
    throw new LmdbUnavailableError(error);
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
