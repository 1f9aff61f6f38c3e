import type { UploadRegistry } from '../registry/index.js';
import type { Uploads } from './uploads.js';

/**
 * Finishes, after a start, the uploads whose last byte came just before their process died.
 *
 * Their clients may never come back to ask, so it walks all unfinished uploads once, a page at a
 * time and beside everything else.
 */
export class Recovery {
  private stopped = false;
  private walk?: Promise<void>;

  /** @param onError told of an upload that could not be finished, or of a walk that broke off */
  constructor(
    private readonly registry: UploadRegistry,
    private readonly uploads: Uploads,
    private readonly onError: (error: unknown, id?: string) => void,
  ) {}

  start(): void {
    this.walk = this.run().catch((error: unknown) => this.onError(error));
  }

  /** Does the same, at once, for the uploads that a process had in hand when it died. */
  async takeOver(ids: readonly string[]): Promise<void> {
    if (!this.stopped) await Promise.all(ids.map((id) => this.settle(id)));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.walk;
  }

  private async run(): Promise<void> {
    let cursor: string | undefined;
    do {
      const page = await this.registry.list({ state: 'receiving', cursor, limit: PAGE });
      await Promise.all(page.items.map(({ id }) => this.settle(id)));
      cursor = page.cursor;
    } while (cursor !== undefined && !this.stopped);
  }

  private async settle(id: string): Promise<void> {
    try {
      await this.uploads.settle(id);
    } catch (error) {
      this.onError(error, id);
    }
  }
}

/** Uploads looked at together. */
const PAGE = 64;
