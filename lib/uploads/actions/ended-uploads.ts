import type { UploadRecord, UploadRegistry } from '../../registry/index.js';
import type { UploadStorage } from '../../storage/index.js';
import { inSteps } from '../leases/in-steps.js';
import type { Leases } from '../leases/leases.js';

/**
 * Most uploads of one owner that are remembered although they came to nothing: what is in no quota
 * must have an end too. Of those before, clients are told that there is no such upload.
 */
const MOST_REMEMBERED = 1000;

/** The uploads that came to nothing. */
export class EndedUploads {
  constructor(
    private readonly registry: UploadRegistry,
    private readonly storage: UploadStorage,
    private readonly leases: Leases,
  ) {}

  /** Forgets the oldest ones of an owner, where there are too many of them. */
  async forgetOldest(owner: string | undefined): Promise<void> {
    const oldest = await this.registry.endedBefore(MOST_REMEMBERED, owner);
    await inSteps(oldest, (record) => this.forget(record));
  }

  /** One that is held goes when the next upload ends. */
  private async forget({ id }: UploadRecord): Promise<void> {
    const lease = await this.leases.tryAcquire(id);
    if (!lease) return;
    try {
      const record = await this.registry.get(id);
      if (!record || !hasEnded(record) || !this.isSettled(record)) return;
      // A process that died after it had changed the record has left the bytes.
      await this.storage.remove(record);
      await this.registry.forget(id, record.dueAt ?? 0);
    } finally {
      lease.release();
    }
  }

  /** Whether nothing can come any more of a process that it was taken from. */
  private isSettled(record: UploadRecord): boolean {
    return (this.storage.settlesAt(record) ?? 0) <= Date.now();
  }
}

function hasEnded({ state }: UploadRecord): boolean {
  return state === 'terminated' || state === 'expired';
}
