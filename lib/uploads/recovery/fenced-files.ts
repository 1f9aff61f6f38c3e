import { isUploadId } from '../../protocol/index.js';
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
   * @param key what was taken from the process; that need be no upload's id
   * @param pid id of the process, if it is known
   * @throws NoSpaceError
   */
  async fence(key: string, pid?: number): Promise<void> {
    if (!isUploadId(key)) return;
    const record = await this.registry.get(key);
    if (record?.state !== 'receiving') return;
    await this.storage.fence(record, pid);
  }
}
