import { runInThisContext } from 'node:vm';
import { ContextSnapshot } from '../../context/index.js';
import { asError } from '../../errors/index.js';

/** What is asked of file-type; its own types do not resolve everywhere. */
export interface FileType {
  readonly fileTypeFromBuffer: (start: Uint8Array) => Promise<{ mime: string } | undefined>;
  readonly supportedMimeTypes: ReadonlySet<string>;
}

/** Without it, the loaded library would keep alive the request that first needed it. */
const context = new ContextSnapshot();

let loaded: FileType | undefined;

/**
 * The library that tells types by the first bytes of a file.
 *
 * It is loaded by `import()`, when it is first needed, because it is an ES module, and this package
 * may run as CommonJS.
 *
 * @throws Error where nothing can load it, as in Jest without ES modules under an old Node
 */
export async function loadFileType(): Promise<FileType> {
  loaded ??= await context.run(() => import('file-type')).catch(loadOutside);
  return loaded;
}

/** The CommonJS of Jest runs in a context without `import()`; the one outside has Node's `require()`. */
function loadOutside(reason: unknown): FileType {
  try {
    const outside = runInThisContext('process') as NodeJS.Process;
    const { createRequire } = outside.getBuiltinModule('node:module');
    return createRequire(__filename)('file-type') as FileType;
  } catch {
    throw new Error(
      `The package file-type cannot be loaded (${asError(reason).message}). Under Jest, set ` +
        'NODE_OPTIONS=--experimental-vm-modules, or use Node 20.19, 22.12 or later.',
      { cause: reason },
    );
  }
}
