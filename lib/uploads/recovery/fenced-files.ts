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
   * Once it is finished its file is not written to any more. What lies at the path for which it is meant
   * is the same file, as long as its finish is not committed, and goes.
   *
   * @param key what was taken from the process; that need be no upload
   * @throws NoSpaceError
   */
  async fence(key: LeaseKey, suspect?: Member): Promise<void> {
    const id = uploadIdOf(key);
    const record = id === undefined ? undefined : await this.registry.get(id);
    if (record?.state !== 'receiving') return;
    if (record.filePath !== undefined) await this.storage.unplace(record.id, record.filePath);
    await this.storage.fence(record.id, suspect?.pid);
  }
}
