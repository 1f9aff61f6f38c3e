import { creationKey } from '../../cluster/index.js';
import { UploadIdTakenError } from '../../errors/index.js';
import type { UploadStorage } from '../../storage/index.js';
import type { Lease } from '../leases/lease.js';
import type { Leases } from '../leases/leases.js';
import type { UploadSnapshot } from '../model/upload-snapshot.js';

/** Ids that the application gives to uploads: unlike random ones, others may know them, or want them. */
export class GivenIds {
  constructor(
    private readonly find: (id: string) => Promise<UploadSnapshot | undefined>,
    private readonly storage: UploadStorage,
    private readonly leases: Leases,
  ) {}

  /**
   * Does some work that creates an upload, while holding it and keeping all others from creating one
   * of this id. Of two who try at once, one gets it.
   *
   * @throws UploadIdTakenError
   */
  async hold<T>(id: string, work: (lease: Lease) => Promise<T>): Promise<T> {
    // An upload that is there is not to be taken out of anybody's hands by who wants its id.
    const reservation = await this.leases.tryAcquireKey(creationKey(id));
    if (!reservation) throw new UploadIdTakenError(id);
    try {
      await this.assertFree(id);
      return await this.leases.hold(id, work);
    } finally {
      reservation.release();
    }
  }

  /**
   * The registry has the last word on whether an id is taken; but where it was lost, or is older than
   * the storage, the bytes of an upload that it does not know must not become those of a new one.
   *
   * @throws UploadIdTakenError
   */
  async assertFree(id: string): Promise<void> {
    const isTaken = (await this.find(id)) ?? (await this.storage.holds(id));
    if (isTaken) throw new UploadIdTakenError(id);
  }
}
