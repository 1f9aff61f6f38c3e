import { Inject, Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { CleanupService } from './cleanup/index.js';
import type { CleanupReport, Upload } from './interfaces/index.js';
import type { Page, UploadQuery, UploadRegistry } from './registry/index.js';
import type { ByteRange } from './storage/index.js';
import { TUS_REGISTRY } from './tus.constants.js';
import { describeUpload, FinishedFiles, Uploads, type UploadSnapshot } from './uploads/index.js';

/**
 * The uploads of an instance, for the application.
 *
 * Reading a status never disturbs an upload that is being written. Methods that change an upload
 * wait for a running append, which lets go of it at once.
 *
 * @publicApi
 */
@Injectable()
export class TusService {
  constructor(
    @Inject(TUS_REGISTRY) private readonly registry: UploadRegistry,
    private readonly uploads: Uploads,
    private readonly files: FinishedFiles,
    private readonly cleanups: CleanupService,
  ) {}

  /** An upload, or `undefined` when nothing is known of it. */
  async find(id: string): Promise<Upload | undefined> {
    const snapshot = await this.uploads.find(id);
    return snapshot && this.describe(snapshot);
  }

  /**
   * A page of uploads, grouped by state and oldest first in each, optionally of one owner or in
   * one state only. Give a page's `cursor` to get the next one.
   *
   * @throws RangeError for a cursor that did not come from here
   */
  async list(query: UploadQuery = {}): Promise<Page<Upload>> {
    const { items, ...rest } = await this.registry.list(query);
    const snapshots = await Promise.all(items.map((record) => this.uploads.look(record)));
    return { items: snapshots.map((snapshot) => this.describe(snapshot)), ...rest };
  }

  /**
   * Absolute path of a finished upload's file.
   *
   * @throws UploadNotFoundError when nothing is known of it
   * @throws NoFileError when it is not finished, or its file was removed
   */
  getFilepath(id: string): Promise<string> {
    return this.files.getPath(id);
  }

  /**
   * A finished upload's file, or the bytes from `start` up to and including `end` of it.
   *
   * @throws UploadNotFoundError, NoFileError as {@link getFilepath}
   */
  createReadStream(id: string, range?: ByteRange): Promise<Readable> {
    return this.files.createReadStream(id, range);
  }

  /**
   * Moves a finished upload's file to where the application wants it, across devices too. Folders
   * are made, an existing file is never overwritten (`EEXIST`), and moving it to the same path
   * again does nothing, so a handler can simply be repeated. The upload stays known as complete;
   * from now on the file is the application's, and no cleanup touches it.
   *
   * @param path where to; relative to the working directory unless absolute
   * @returns the absolute path
   * @throws UploadNotFoundError, NoFileError, and the file system's errors
   */
  moveTo(id: string, path: string): Promise<string> {
    return this.files.moveTo(id, path);
  }

  /**
   * Deletes a finished upload's file: the application has what it needs. A file that was moved
   * away stays. The upload stays known as complete for `cleanup.rememberFor`, so a client that
   * lost the last answer does not send it again. Doing it twice does nothing.
   *
   * @throws UploadNotFoundError, NoFileError when it is not finished
   */
  cleanupFile(id: string): Promise<void> {
    return this.files.remove(id);
  }

  /**
   * Ends an upload, finished or not, and frees its bytes. Its client is told 410 from now on.
   *
   * @throws UploadNotFoundError
   */
  terminate(id: string): Promise<void> {
    return this.uploads.discard(id);
  }

  /**
   * Makes one cleanup pass now, and tells what it removed: nothing while another process on the
   * folder makes one.
   */
  cleanup(): Promise<CleanupReport> {
    return this.cleanups.run();
  }

  /**
   * Whether a request speaks the tus protocol, as a guard or middleware may want to know.
   *
   * @param request the platform's request, or Node's
   */
  isTusRequest(request: { readonly headers: Readonly<Record<string, unknown>> }): boolean {
    return request.headers['tus-resumable'] !== undefined;
  }

  private describe(snapshot: UploadSnapshot): Upload {
    const { record } = snapshot;
    const hasFile = record.state === 'finished' && record.fileRemovedAt === undefined;
    return describeUpload(snapshot, hasFile ? this.files.locate(record) : undefined);
  }
}
