import { FolderLostError } from '../../lib/errors/index.js';
import type { FolderCheck } from '../../lib/folder/index.js';

/** A folder that is lost whenever a test says so. */
export function folderThat(isLost: () => boolean): FolderCheck {
  const assertSame = (): void => {
    if (isLost()) throw new FolderLostError();
  };
  return {
    replaced: () => undefined,
    assertSame,
    look: () => Promise.resolve().then(assertSame),
    confirm: () => Promise.resolve().then(assertSame),
  };
}
