import { Inject, Injectable, Logger } from '@nestjs/common';
import { filter, merge, Subject, using, type Observable } from 'rxjs';
import type { Cluster } from '../cluster/index.js';
import { ContextSnapshot } from '../context/index.js';
import { HandlerExplorer } from '../handlers/index.js';
import { asError, StorageFaultError } from '../errors/index.js';
import type { Delivery, Upload, UploadEvent } from '../interfaces/index.js';
import { Measures, type UploadChangeName } from '../measures/index.js';
import type { UploadRecord } from '../registry/index.js';
import { LOGGER_CONTEXT, TUS_CLUSTER } from '../tus.constants.js';
import {
  describeUpload,
  FinishedFiles,
  parseUploadId,
  takeSnapshot,
  type AppendFigures,
  type FlushFailure,
  type UploadObserver,
} from '../uploads/index.js';
import { readEvent, writeEvent, type ToldEvent } from './told-event.js';
import { watch } from './watch.js';

/** Milliseconds between two progress events of one upload. */
const STEP = 100;

interface Advance {
  record: UploadRecord;
  offset: number;
}

/** What happens to the uploads of an instance, in this process, and in those that share them. */
@Injectable()
export class UploadEvents implements UploadObserver {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly context = new ContextSnapshot();
  /** Of this process, and of the others, as long as somebody listens. */
  private readonly here = new Subject<UploadEvent>();
  private readonly elsewhere = new Subject<UploadEvent>();
  /** Ids of uploads of which another process may have told nothing so far. */
  private readonly missed = new Subject<string>();
  /** Uploads that have advanced since their last event. */
  private readonly advances = new Map<string, Advance>();

  constructor(
    private readonly files: FinishedFiles,
    private readonly explorer: HandlerExplorer,
    @Inject(TUS_CLUSTER) private readonly cluster: Cluster,
    private readonly measures: Measures,
  ) {
    cluster.onTold((text) => this.emit(this.elsewhere, readEvent(text)));
  }

  /** What happens in this process. */
  readonly here$: Observable<UploadEvent> = this.here.asObservable();

  /** What happens in all processes; the others are asked for it only while it is subscribed to. */
  readonly events$: Observable<UploadEvent> = using(
    () => ({ unsubscribe: this.cluster.watch() }),
    () => merge(this.here, this.elsewhere),
  );

  /**
   * One upload as it is, and each time it has advanced in any process, up to its end.
   *
   * @param find looks at it
   * @throws UploadNotFoundError through the observable
   */
  progress$(id: string, find: () => Promise<Upload | undefined>): Observable<Upload> {
    const missed$ = this.missed.pipe(filter((missed) => missed === id));
    return using(
      () => ({ unsubscribe: this.cluster.watch(parseUploadId(id), () => this.missed.next(id)) }),
      () => watch(merge(this.here, this.elsewhere), id, find, missed$),
    );
  }

  created(record: UploadRecord): void {
    this.count('created', record);
    this.tell('created', record);
  }

  /** So that a fast upload does not become thousands of events, they are told a step later. */
  advanced(record: UploadRecord, offset: number): void {
    this.measures.advanced(record.id, offset);
    if (!this.isWatched(record.id)) return;
    const advance = this.advances.get(record.id);
    if (advance) {
      advance.record = record;
      advance.offset = offset;
      return;
    }
    this.advances.set(record.id, { record, offset });
    setTimeout(() => this.tellAdvance(record.id), STEP).unref();
  }

  appendBegun({ id }: UploadRecord, offset: number): void {
    this.measures.appendBegun(id, offset);
  }

  appendEnded({ id: uploadId }: UploadRecord, figures: AppendFigures): void {
    this.measures.appendEnded({ uploadId, ...figures });
  }

  finished(record: UploadRecord): void {
    this.advances.delete(record.id);
    this.count('finished', record);
    this.tell('finished', record);
  }

  ended(record: UploadRecord): void {
    this.advances.delete(record.id);
    const { state } = record;
    const end = state === 'expired' || state === 'quarantined' ? state : 'terminated';
    this.count(end, record);
    this.tell(end, record);
  }

  misplaced({ id, filePath = '' }: UploadRecord): void {
    this.logger.warn(pathTaken(id, filePath));
  }

  renewed({ id }: UploadRecord, fault: string, place: string): void {
    this.logger.warn(uploadRenewed(id, fault, place));
  }

  lost(id: string, fault: string): void {
    this.logger.error(`Upload ${id} is lost, and its client is to begin anew: ${fault}.`);
  }

  flushFailed({ id }: UploadRecord, { lost, cause }: FlushFailure): void {
    const { message, stack } = asError(cause instanceof StorageFaultError ? cause.cause : cause);
    this.logger.error(flushFailed(id, lost, message), stack);
  }

  /** A delivery was given up on. */
  failed(record: UploadRecord, delivery: Delivery): void {
    this.tell('failed', record, { delivery });
  }

  /** Ends all subscriptions. */
  complete(): void {
    this.here.complete();
    this.elsewhere.complete();
    this.missed.complete();
  }

  private count(change: UploadChangeName, { id: uploadId, length, owner }: UploadRecord): void {
    this.measures.changed(change, { uploadId, length, owner });
  }

  private tellAdvance(id: string): void {
    const advance = this.advances.get(id);
    this.advances.delete(id);
    if (advance) this.tell('progress', advance.record, { offset: advance.offset });
  }

  private tell(
    type: ToldEvent['type'],
    record: UploadRecord,
    more: Pick<ToldEvent, 'offset' | 'delivery'> = {},
  ): void {
    if (!this.isWatched(record.id)) return;
    const event = { type, record, at: Date.now(), ...more };
    this.emit(this.here, event);
    if (!this.cluster.isWatched(record.id)) return;
    const isPassing = type === 'progress';
    this.cluster.tell({ uploadId: record.id, text: writeEvent(event), isPassing });
  }

  /** A module that was loaded meanwhile may have brought the first listener. */
  private isWatched(id: string): boolean {
    this.explorer.look();
    return this.here.observed || this.cluster.isWatched(id);
  }

  /** Listeners do not belong to the request that the event comes from. */
  private emit(subject: Subject<UploadEvent>, event: ToldEvent): void {
    if (!subject.observed) return;
    const { type, delivery } = event;
    const told = { type, upload: this.describe(event), ...(delivery && { delivery }) };
    this.context.run(() => subject.next(told as UploadEvent));
  }

  private describe({ record, offset, at }: ToldEvent): Upload {
    const stored = offset === undefined ? undefined : { size: offset, flushed: 0, modifiedAt: at };
    return describeUpload(takeSnapshot(record, stored), (finished) => this.files.locate(finished));
  }
}

/** A file could not be put where a hook wanted it. */
function pathTaken(id: string, path: string): string {
  return `Upload ${id}: there is another file at "${path}"; its own stays where it is.`;
}

/** What lay under its name was not its file any more. */
function uploadRenewed(id: string, fault: string, place: string): string {
  return (
    `Upload ${id} begins anew, for its file ${fault}. What lay there is in ${place} now; ` +
    'nothing but this module may write to what it keeps in tmpFileDir.'
  );
}

/** What was not flushed before is lost, whatever later flushes say. */
function flushFailed(id: string, lost: number, reason: string): string {
  const cost = lost > 0 ? `The last ${lost} bytes do not count any more. ` : '';
  return (
    `Upload ${id}: the disk has failed to store its bytes (${reason}). ${cost}Its client is told to ` +
    `try again, and then goes on in a new file. Look after the disk.`
  );
}
