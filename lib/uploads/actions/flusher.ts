import { FolderLostError } from '../../errors/index.js';
import type { UploadRecord, UploadRegistry } from '../../registry/index.js';
import type { UploadStorage, UploadWriter } from '../../storage/index.js';
import type { FileHashes } from '../bodies/file-hashes.js';
import type { UploadObserver } from '../model/upload-observer.interface.js';
import type { UploadSnapshot } from '../model/upload-snapshot.js';
import type { UploadRules } from '../rules/upload-rules.js';

/** Makes bytes durable, and sees to it that those do not count which a disk has failed to keep. */
export class Flusher {
  constructor(
    private readonly registry: UploadRegistry,
    private readonly storage: UploadStorage,
    private readonly rules: Pick<UploadRules, 'durability'>,
    private readonly observer: UploadObserver,
    private readonly hashes?: FileHashes,
  ) {}

  /**
   * Makes all bytes held durable; the caller holds the upload's lease.
   *
   * @throws StorageFaultError, NoSpaceError: the writer's size says what is left
   */
  async flush(record: UploadRecord, writer: UploadWriter): Promise<void> {
    const { size } = writer;
    try {
      await writer.sync();
    } catch (error) {
      // Other bytes may come in their place.
      this.hashes?.forget(record);
      if (writer.isDoubtful) await this.note(record.id, writer.size).catch(() => undefined);
      const isTold = error instanceof FolderLostError;
      if (!isTold) this.observer.flushFailed(record, { lost: size - writer.size, cause: error });
      throw error;
    }
  }

  /** Whether a client may be told where an upload stands: at `'chunk'`, all of that must be on disk. */
  mayTell({ record, offset, flushed = 0 }: UploadSnapshot): boolean {
    const isOpen = this.rules.durability === 'chunk' && record.state === 'receiving';
    return !isOpen || offset <= flushed;
  }

  /** Makes what another process has left durable; the caller holds the upload's lease. */
  async flushLeft({ record }: UploadSnapshot): Promise<void> {
    const writer = await this.storage.openWriter(record);
    try {
      await this.flush(record, writer);
    } finally {
      await writer.close();
    }
  }

  /** What counts must be in a new file first, also after a restart. */
  private async note(id: string, unverifiedFrom: number): Promise<void> {
    await this.registry.change(id, (current) => ({
      record: { ...current, unverifiedFrom, isDoubtful: true },
    }));
  }
}
