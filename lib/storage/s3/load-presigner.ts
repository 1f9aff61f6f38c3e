import { asError } from '../../errors/index.js';

/** What is used of the package. */
export type Presigner = Pick<typeof import('@aws-sdk/s3-request-presigner'), 'getSignedUrl'>;

/** What Node says where `import()` does not work: in Jest, unless it is told to. */
const NO_IMPORT = 'ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG';

/**
 * Loads the package that makes URLs to fetch objects by: an optional peer.
 *
 * @throws Error with what to do, when it cannot be loaded
 */
export async function loadPresigner(): Promise<Presigner> {
  try {
    return await importPresigner();
  } catch (cause) {
    const [reason] = asError(cause).message.split('\n', 1);
    throw new Error(
      'The package "@aws-sdk/s3-request-presigner", which the option "download.redirect" needs, cannot ' +
        `be loaded (${reason}). Install it beside this module: npm install @aws-sdk/s3-request-presigner@^3`,
      { cause },
    );
  }
}

async function importPresigner(): Promise<Presigner> {
  try {
    return await import('@aws-sdk/s3-request-presigner');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== NO_IMPORT || typeof require === 'undefined') throw error;
    return require('@aws-sdk/s3-request-presigner') as Presigner;
  }
}
