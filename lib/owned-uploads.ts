import type { Readable } from 'node:stream';
import { defer, switchMap, type Observable } from 'rxjs';
import { withStatus } from './http/index.js';
import type { Upload } from './interfaces/index.js';
import type { Page, UploadQuery } from './registry/index.js';
import type { ByteRange } from './storage/index.js';
import { UploadNotFoundError } from './uploads/index.js';

/** What is done to uploads of all owners: methods of `TusService`. */
interface UploadsOfAll {
  find(id: string): Promise<Upload | undefined>;
  list(query: UploadQuery): Promise<Page<Upload>>;
  progress$(id: string): Observable<Upload>;
  getFilepath(id: string): Promise<string>;
  createReadStream(id: string, range?: ByteRange): Promise<Readable>;
  copyTo(id: string, path: string): Promise<string>;
  moveTo(id: string, path: string): Promise<string>;
  cleanupFile(id: string): Promise<void>;
  terminate(id: string): Promise<void>;
}

/**
 * The uploads of one owner: methods of `TusService` that do not see the uploads of others.
 *
 * @publicApi
 */
export class OwnedUploads {
  /** @internal `TusService.ownedBy()` makes it. */
  constructor(
    private readonly tus: UploadsOfAll,
    /** What the `owner` option returned at their creation. */
    readonly owner: string,
  ) {}

  /** See `TusService.find()`. */
  async find(id: string): Promise<Upload | undefined> {
    const upload = await this.tus.find(id);
    return upload?.owner === this.owner ? upload : undefined;
  }

  /** See `TusService.list()`. */
  list(query: Omit<UploadQuery, 'owner'> = {}): Promise<Page<Upload>> {
    return this.tus.list({ ...query, owner: this.owner });
  }

  /** See `TusService.progress$()`. */
  progress$(id: string): Observable<Upload> {
    return defer(() => this.assertOwned(id)).pipe(switchMap(() => this.tus.progress$(id)));
  }

  /** See `TusService.getFilepath()`. */
  async getFilepath(id: string): Promise<string> {
    await this.assertOwned(id);
    return this.tus.getFilepath(id);
  }

  /** See `TusService.createReadStream()`. */
  async createReadStream(id: string, range?: ByteRange): Promise<Readable> {
    await this.assertOwned(id);
    return this.tus.createReadStream(id, range);
  }

  /** See `TusService.copyTo()`. */
  async copyTo(id: string, path: string): Promise<string> {
    await this.assertOwned(id);
    return this.tus.copyTo(id, path);
  }

  /** See `TusService.moveTo()`. */
  async moveTo(id: string, path: string): Promise<string> {
    await this.assertOwned(id);
    return this.tus.moveTo(id, path);
  }

  /** See `TusService.cleanupFile()`. */
  async cleanupFile(id: string): Promise<void> {
    await this.assertOwned(id);
    await this.tus.cleanupFile(id);
  }

  /** See `TusService.terminate()`. */
  async terminate(id: string): Promise<void> {
    await this.assertOwned(id);
    await this.tus.terminate(id);
  }

  private async assertOwned(id: string): Promise<void> {
    if (!(await this.find(id))) throw withStatus(new UploadNotFoundError(id));
  }
}
