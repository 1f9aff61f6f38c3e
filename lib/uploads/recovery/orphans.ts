import { setImmediate as nextTurn } from 'node:timers/promises';
import { FolderLostError } from '../../errors/index.js';
import type { UploadRegistry } from '../../registry/index.js';
import type { Holding, UploadStorage } from '../../storage/index.js';

const HOUR = 3_600_000;

/** How old lost bytes must be where uploads never expire. */
const USUAL_AGE = 24 * HOUR;

/** Things looked at before everything else has a turn. */
const STEP = 64;

/** What was found lying about. */
export interface ClearedOrphans {
  /** How many uploads there were bytes of and no record, all of them put aside. */
  setAside: number;
  /** Where one of them is now. */
  place?: string;
  /** How many remnants of interrupted work were removed. */
  removed: number;
}

/**
 * Clears away what lies in a storage and nothing is known of, because the registry was lost or came
 * from a backup, or because a process died in the middle of its work.
 *
 * A record is there before the first byte, or with the finish of a request that brings a small upload
 * whole; and what is younger than an hour is left alone. So uploads that begin meanwhile, in other
 * processes too, are not touched.
 */
export class Orphans {
  /** @param validFor milliseconds an unfinished upload may lie idle; absent: it never expires */
  constructor(
    private readonly registry: UploadRegistry,
    private readonly storage: UploadStorage,
    private readonly validFor: number = USUAL_AGE,
  ) {}

  /**
   * Looks at everything once, in steps.
   *
   * @param isStopped whether to break off
   * @param onError told of what could not be cleared away
   * @throws FolderLostError when it is to be done again once the folder is there
   */
  async clear(
    isStopped: () => boolean,
    onError: (error: unknown, id?: string) => void,
  ): Promise<ClearedOrphans> {
    const cleared: ClearedOrphans = { setAside: 0, removed: 0 };
    let seen = 0;
    for await (const holding of this.storage.holdings()) {
      if (isStopped()) break;
      await this.look(holding, cleared).catch((error: unknown) => {
        if (error instanceof FolderLostError) throw error;
        onError(error, holding.id);
      });
      seen += 1;
      if (seen % STEP === 0) await nextTurn();
    }
    return cleared;
  }

  private async look(holding: Holding, cleared: ClearedOrphans): Promise<void> {
    const { id } = holding;
    if (id !== undefined && (await this.registry.get(id))) return;
    const age = id === undefined ? HOUR : Math.max(this.validFor, HOUR);
    const outcome = await this.storage.clear(holding, Date.now() - age);
    if (outcome?.kind === 'removed') cleared.removed += 1;
    if (outcome?.kind !== 'aside') return;
    cleared.setAside += 1;
    cleared.place ??= outcome.place;
  }
}
