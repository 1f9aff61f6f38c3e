import { uploadIdOf, type LeaseKey, type Member } from '../../cluster/index.js';
import type { UploadRegistry } from '../../registry/index.js';
import type { UploadStorage } from '../../storage/index.js';

/** Keeps the bytes of uploads from a process that had them, and does not answer. */
export class FencedFiles {
  constructor(
    private readonly registry: UploadRegistry,
    private readonly storage: UploadStorage,
  ) {}

  /**
   * Sees to it that nothing which such a process still writes is the upload's.
   *
   * Once it is finished its bytes are not written to any more.
   *
   * @param key what was taken from the process; that need be no upload
   * @throws NoSpaceError
   */
  async fence(key: LeaseKey, suspect?: Member): Promise<void> {
    const id = uploadIdOf(key);
    const record = id === undefined ? undefined : await this.registry.get(id);
    if (record?.state !== 'receiving') return;
    await this.storage.fence(record, suspect?.pid);
  }
}
