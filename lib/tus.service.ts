import { Inject, Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import type { Observable } from 'rxjs';
import { CleanupService } from './cleanup/index.js';
import { describeDelivery, DeliveryOrchestrator } from './delivery/index.js';
import { UploadEvents } from './events/index.js';
import { HealthCheck, type HealthTerms, type TusHealth } from './health/index.js';
import {
  answering,
  answering$,
  TusHandle,
  UploadAdoption,
  UploadCreation,
  type PlatformRequest,
  type PlatformResponse,
} from './http/index.js';
import type {
  AdoptedFile,
  CleanupReport,
  CreatedUpload,
  Delivery,
  HandledRequest,
  NewUploadInput,
  Upload,
  UploadCapacity,
  UploadEvent,
} from './interfaces/index.js';
import { Measures, type TusStats } from './measures/index.js';
import type { TusOptions } from './options/index.js';
import { ProcessReports, type TusProcess } from './processes/index.js';
import type { DeliveryQuery, Page, UploadQuery, UploadRegistry } from './registry/index.js';
import type { ByteRange, UploadStorage } from './storage/index.js';
import { OwnedUploads } from './owned-uploads.js';
import { TUS_OPTIONS, TUS_REGISTRY, TUS_STORAGE } from './tus.constants.js';
import {
  describeFinished,
  describeUpload,
  FinishedFiles,
  Uploads,
  type UploadSnapshot,
} from './uploads/index.js';

/**
 * The uploads of an instance, for the application.
 *
 * Reading a status never disturbs an upload that is being written. Methods that change an upload
 * wait for a running append, which lets go of it at once.
 *
 * An error that a route lets through answers its request: `UploadNotFoundError` with 404,
 * `NoFileError` with 409, `UploadBusyError` with 423, `NoSpaceError` with 507. They are plain errors
 * with `status`, `statusCode` and `expose`, as those of http-errors are.
 *
 * @publicApi
 */
@Injectable()
export class TusService {
  /** @internal Nest makes it. */
  constructor(
    @Inject(TUS_REGISTRY) private readonly registry: UploadRegistry,
    private readonly uploads: Uploads,
    private readonly files: FinishedFiles,
    private readonly cleanups: CleanupService,
    private readonly deliverer: DeliveryOrchestrator,
    private readonly creation: UploadCreation,
    private readonly adoption: UploadAdoption,
    private readonly handler: TusHandle,
    private readonly events: UploadEvents,
    private readonly measures: Measures,
    private readonly reports: ProcessReports,
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    @Inject(TUS_STORAGE) private readonly storage: UploadStorage,
    private readonly healthCheck: HealthCheck,
  ) {}

  /**
   * What happens to uploads, in this process and in all others that share them, as it happens; completes
   * when the app shuts down. Progress is told ten times a second at most for each upload. Watching
   * disturbs nothing. Other processes are asked for their events only while there is a subscription,
   * and begin to tell some milliseconds after it began. Events come in the async context that the app
   * was started in, whichever request they are of.
   */
  get events$(): Observable<UploadEvent> {
    return this.events.events$;
  }

  /**
   * An upload, now and each time it has advanced, in whichever process that shares it; completes with
   * its end, the last value included. Values come ten times a second at most.
   *
   * @throws UploadNotFoundError through the observable, when nothing is known of it
   */
  progress$(id: string): Observable<Upload> {
    return answering$(this.events.progress$(id, () => this.find(id)));
  }

  /**
   * The uploads of one owner only, as a route needs them that takes an upload's id from a request.
   *
   * @param owner what the `owner` option returned at their creation
   * @throws TypeError without an owner, for that would give the uploads of all
   */
  ownedBy(owner: string): OwnedUploads {
    if (typeof owner !== 'string') throw new TypeError('The owner of uploads must be a string.');
    return new OwnedUploads(this, owner);
  }

  /**
   * What this process has done since its start: uploads, bytes, refusals, deliveries, and how long it all
   * took. Of other processes it knows nothing. The same is published, as it happens, on channels of
   * `node:diagnostics_channel`: `nestjs-tus:created`, `:finished`, `:terminated`, `:expired`,
   * `:quarantined`, `:append`, `:refused` and `:delivery`.
   */
  stats(): TusStats {
    return this.measures.stats();
  }

  /**
   * The processes that share these uploads, this one first: what each has done, and which requests bring
   * bytes to it. Others are asked, and disturbed in nothing; one that does not answer within a second is
   * named without a report.
   */
  processes(): Promise<TusProcess[]> {
    return this.reports.all();
  }

  /**
   * What uploads take, what each owner may have (`quota`), and the room that is left on the disk.
   *
   * @param owner whose uploads; those of all unless given
   */
  async capacity(owner?: string): Promise<UploadCapacity> {
    const [{ own, all }, room] = await Promise.all([
      this.registry.usage(owner),
      this.storage.files?.room(),
    ]);
    const { quota, quotaOf } = this.options;
    const limits = quotaOf ? 'by-request' : quota;
    return {
      usage: owner === undefined ? all : own,
      ...(limits && { quota: limits }),
      ...(room !== undefined && { room }),
    };
  }

  /**
   * Whether uploads can be taken and delivered: something small is stored and removed, and the registry is
   * asked for its deliveries. It never rejects for what it finds, and answers in bounded time, whatever
   * hangs; what has not answered the last time is not asked once more. `nestjs-tus/health` has it as an
   * indicator for Terminus.
   *
   * @throws TusOptionError for a wrong timeout
   */
  health(terms?: HealthTerms): Promise<TusHealth> {
    return this.healthCheck.examine(terms);
  }

  /** An upload, or `undefined` when nothing is known of it. */
  async find(id: string): Promise<Upload | undefined> {
    const snapshot = await this.uploads.find(id);
    return snapshot && this.describe(snapshot);
  }

  /**
   * A page of uploads, grouped by state and oldest first in each (the other way round with
   * `newestFirst`), optionally of one owner or in one state only. Give a page's `cursor` to get the next one.
   *
   * @throws RangeError for a cursor that did not come from here
   */
  async list(query: UploadQuery = {}): Promise<Page<Upload>> {
    const { items, ...rest } = await this.registry.list(query);
    const snapshots = await Promise.all(items.map((record) => this.uploads.look(record)));
    return { items: snapshots.map((snapshot) => this.describe(snapshot)), ...rest };
  }

  /**
   * Creates an upload for a client to send, as a POST would; `@BeforeUploadCreate()` methods are
   * asked.
   *
   * @throws TusOptionError for a wrong size or id, RangeError for a path outside of `tmpFileDir`
   * @throws UploadIdTakenError when there is, or was, an upload of that id
   * @throws Error when the upload path has parameters and `publicUrl` is not set
   */
  create(input: NewUploadInput = {}): Promise<CreatedUpload> {
    return answering(this.creation.create(input));
  }

  /**
   * Takes an upload over that another server has received, in whole or in part, so that it goes on being
   * served, and sent, under its id.
   *
   * A whole file stays where it is and is the application's, as one that `moveTo()` has brought there; its
   * handlers are not called. The bytes of an unfinished upload are copied, and handlers are called once its
   * client has sent the rest. No `@BeforeUploadCreate()` method is asked. For instances that keep files.
   *
   * @throws UploadIdTakenError when there is, or was, an upload of that id, as after an earlier call
   * @throws TusOptionError for a wrong id or owner
   * @throws RangeError for a path at which no file is, one that has more bytes than the upload, or a name
   *   inside `tmpFileDir` that this module uses itself, as {@link moveTo}
   */
  adopt(file: AdoptedFile): Promise<Upload> {
    return answering(this.adoption.adopt(file).then((snapshot) => this.describe(snapshot)));
  }

  /**
   * Answers a request on a route of the app's own, or in its middleware, as the upload path would.
   * POST creates an upload below the request's path; of every other request the path's last segment
   * is the upload. The body must not have been read; on Fastify that takes a parser of the app for the
   * types of files that come with a creation by the IETF's protocol (`addContentTypeParser('*', …)`).
   *
   * An upload is there only under those parameters of the path, `request.params`, that it was created
   * under; middleware on Fastify has none.
   *
   * A request whose `X-HTTP-Method-Override` names another method than the one it has is refused with
   * 400, for the app's routes and guards have seen that one; an app that wants the override here
   * applies it before routing.
   *
   * What comes with `uploadFinished` is lost when the process dies right then;
   * `@OnUploadFinished()` is not.
   *
   * @param request the platform's request, or Node's
   * @param response the platform's response, or Node's
   * @returns whether this request finished an upload, and which; never rejects for a bad request
   */
  async handle(request: PlatformRequest, response: PlatformResponse): Promise<HandledRequest> {
    const record = await this.handler.handle(request, response);
    if (!record) return { uploadFinished: false };
    const upload = describeFinished(record, this.files.locate(record));
    return { uploadFinished: true, upload };
  }

  /**
   * A page of deliveries to `@OnUploadFinished()` handlers that have not succeeded yet, optionally
   * of one upload or in one state only: `dead` ones were given up on.
   *
   * @throws RangeError for a cursor that did not come from here
   */
  async deliveries(query: DeliveryQuery = {}): Promise<Page<Delivery>> {
    const { items, ...rest } = await this.registry.deliveries(query);
    return { items: items.map(describeDelivery), ...rest };
  }

  /**
   * Tries deliveries of an upload again that were given up on, with all their attempts before them.
   * Where this process delivers nothing itself (`background`), another one does.
   *
   * @param handler only that handler's; all unless given
   * @returns how many there were
   */
  retry(uploadId: string, handler?: string): Promise<number> {
    return this.deliverer.retry(uploadId, handler);
  }

  /**
   * Finishes an upload that a `@BeforeUploadFinish()` method refused and quarantined, as if it had
   * not: its client is told success from now on, and its handlers are called. With an upload in
   * another state nothing is done. `terminate()` removes it.
   *
   * @throws UploadNotFoundError
   */
  release(id: string): Promise<void> {
    return answering(this.uploads.release(id));
  }

  /**
   * Absolute path of a finished or quarantined upload's file.
   *
   * @throws UploadNotFoundError when nothing is known of it
   * @throws NoFileError when it is neither, or its file was removed
   */
  getFilepath(id: string): Promise<string> {
    return answering(this.files.getPath(id));
  }

  /**
   * A finished or quarantined upload's file, or the bytes from `start` up to and including `end` of it.
   *
   * @throws UploadNotFoundError, NoFileError as {@link getFilepath}
   * @throws FileChangedError when something else lies there, or it has another size than the upload
   */
  createReadStream(id: string, range?: ByteRange): Promise<Readable> {
    return answering(this.files.createReadStream(id, range));
  }

  /**
   * Copies a finished or quarantined upload's file to one on this machine, for what needs a path,
   * wherever uploads are kept. Folders are made, and an existing file is never overwritten (`EEXIST`);
   * one that has the very same bytes is taken for the copy, so a handler can simply be repeated. Until
   * all bytes are there they lie beside it as `.copy-…`. The copy is the application's to remove.
   *
   * @param path where to; relative to the working directory unless absolute
   * @returns the absolute path
   * @throws RangeError for a name inside `tmpFileDir` that this module uses itself, as {@link moveTo}
   * @throws FileChangedError when something else lies where the file was, or it has another size
   * @throws UploadNotFoundError, NoFileError, NoSpaceError, and the file system's errors
   */
  copyTo(id: string, path: string): Promise<string> {
    return answering(this.files.copyTo(id, path));
  }

  /**
   * Moves a finished upload's file to where the application wants it, across devices too. Folders
   * are made, an existing file is never overwritten (`EEXIST`), and moving it to the same path
   * again does nothing, so a handler can simply be repeated. The upload stays known as complete;
   * from now on the file is the application's, and no cleanup touches it.
   *
   * @param path where to; relative to the working directory unless absolute
   * @returns the absolute path
   * @throws RangeError, with nothing changed, for a name inside `tmpFileDir` that this module uses
   *   itself: `.tus`, and what looks like an upload's or a temporary file
   * @throws FileChangedError when something else lies where the file was, or it has another size
   * @throws UploadNotFoundError, NoFileError, and the file system's errors
   */
  moveTo(id: string, path: string): Promise<string> {
    return answering(this.files.moveTo(id, path));
  }

  /**
   * Deletes a finished upload's file: the application has what it needs. A file that was moved
   * away stays. The upload stays known as complete for `cleanup.rememberFor`, so a client that
   * lost the last answer does not send it again. Doing it twice does nothing.
   *
   * @throws UploadNotFoundError, NoFileError when it is not finished
   */
  cleanupFile(id: string): Promise<void> {
    return answering(this.files.remove(id));
  }

  /**
   * Ends an upload, finished or not, and frees its bytes. Its client is told 410 from now on.
   *
   * @throws UploadNotFoundError
   */
  terminate(id: string): Promise<void> {
    return answering(this.uploads.discard(id));
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
    return describeUpload(snapshot, (record) => this.files.locate(record));
  }
}
