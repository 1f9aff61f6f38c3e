import { asError } from '../errors/index.js';
import type { Pg } from './pg.interface.js';

/** What Node says where `import()` does not work: in Jest, unless it is told to. */
const NO_IMPORT = 'ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG';

/** The package "pg" cannot be loaded: mostly it is not installed, for it is an optional peer. */
export class PgUnavailableError extends Error {
  override readonly name = 'PgUnavailableError';

  constructor(cause: unknown) {
    const [reason] = asError(cause).message.split('\n', 1);
    super(
      `The package "pg", by which the upload registry reaches PostgreSQL, cannot be loaded ` +
        `(${reason}). Install it beside this module: npm install pg@^8`,
      { cause },
    );
  }
}

/**
 * Loads the package, when an instance opens its registry.
 *
 * @throws PgUnavailableError
 */
export async function loadPg(): Promise<Pg> {
  try {
    return await importPg();
  } catch (error) {
    throw new PgUnavailableError(error);
  }
}

async function importPg(): Promise<Pg> {
  try {
    const { default: pg } = await import('pg');
    return pg;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== NO_IMPORT || typeof require === 'undefined') throw error;
    return require('pg') as Pg;
  }
}
