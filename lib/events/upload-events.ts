import { Injectable, Logger } from '@nestjs/common';
import { Subject, type Observable } from 'rxjs';
import { ContextSnapshot } from '../context/index.js';
import { HandlerExplorer } from '../handlers/index.js';
import { asError, StorageFaultError } from '../errors/index.js';
import type { Delivery, Upload, UploadEvent } from '../interfaces/index.js';
import type { UploadRecord } from '../registry/index.js';
import { LOGGER_CONTEXT } from '../tus.constants.js';
import {
  describeUpload,
  FinishedFiles,
  takeSnapshot,
  type FlushFailure,
  type UploadObserver,
} from '../uploads/index.js';

/** Milliseconds between two progress events of one upload. */
const STEP = 100;

interface Advance {
  record: UploadRecord;
  offset: number;
}

/** What happens to the uploads of an instance, in this process. */
@Injectable()
export class UploadEvents implements UploadObserver {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly context = new ContextSnapshot();
  private readonly subject = new Subject<UploadEvent>();
  /** Uploads that have advanced since their last event. */
  private readonly advances = new Map<string, Advance>();

  constructor(
    private readonly files: FinishedFiles,
    private readonly explorer: HandlerExplorer,
  ) {}

  readonly events$: Observable<UploadEvent> = this.subject.asObservable();

  created(record: UploadRecord): void {
    this.tell('created', record);
  }

  /** So that a fast upload does not become thousands of events, they are told a step later. */
  advanced(record: UploadRecord, offset: number): void {
    if (!this.isWatched()) return;
    const advance = this.advances.get(record.id);
    if (advance) {
      advance.record = record;
      advance.offset = offset;
      return;
    }
    this.advances.set(record.id, { record, offset });
    setTimeout(() => this.tellAdvance(record.id), STEP).unref();
  }

  finished(record: UploadRecord): void {
    this.advances.delete(record.id);
    this.tell('finished', record);
  }

  ended(record: UploadRecord): void {
    this.advances.delete(record.id);
    const { state } = record;
    this.tell(state === 'expired' || state === 'quarantined' ? state : 'terminated', record);
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
    if (!this.isWatched()) return;
    this.emit({ type: 'failed', upload: this.describe(record), delivery });
  }

  /** Ends all subscriptions. */
  complete(): void {
    this.subject.complete();
  }

  private tellAdvance(id: string): void {
    const advance = this.advances.get(id);
    this.advances.delete(id);
    if (!advance) return;
    const { record, offset } = advance;
    this.emit({ type: 'progress', upload: this.describe(record, offset) });
  }

  private tell(type: Exclude<UploadEvent['type'], 'failed'>, record: UploadRecord): void {
    if (!this.isWatched()) return;
    this.emit({ type, upload: this.describe(record) });
  }

  /** A module that was loaded meanwhile may have brought the first listener. */
  private isWatched(): boolean {
    this.explorer.look();
    return this.subject.observed;
  }

  /** Listeners do not belong to the request that the event comes from. */
  private emit(event: UploadEvent): void {
    this.context.run(() => this.subject.next(event));
  }

  private describe(record: UploadRecord, offset?: number): Upload {
    const stored =
      offset === undefined ? undefined : { size: offset, flushed: 0, modifiedAt: Date.now() };
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
