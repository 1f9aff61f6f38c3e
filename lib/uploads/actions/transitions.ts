import {
  FileChangedError,
  NoSpaceError,
  UploadIdTakenError,
  UploadLostError,
} from '../../errors/index.js';
import type { UploadRecord, UploadRegistry } from '../../registry/index.js';
import type { UploadStorage, UploadWriter } from '../../storage/index.js';
import type { FileHashes } from '../bodies/file-hashes.js';
import { TypeNotAllowedError } from '../model/limit.errors.js';
import { rememberEnded } from '../model/remembered.js';
import { mayGoBack } from '../model/may-go-back.js';
import { isPartial } from '../model/upload-kind.js';
import type { UploadObserver } from '../model/upload-observer.interface.js';
import type { UploadSnapshot } from '../model/upload-snapshot.js';
import { Admission } from '../rules/admission.js';
import { TELLING_BYTES, TypeCheck } from '../rules/type-check.js';
import type { Quota, UploadRules } from '../rules/upload-rules.js';
import type { EndedUploads } from './ended-uploads.js';

/** The states an upload ends in without being finished. */
export type EndState = 'terminated' | 'expired' | 'quarantined';

const FLUSH_FAILED = 'the disk has failed to keep bytes of it';

/** The ways an upload changes its state before its finish, and without one. The caller holds its lease. */
export class Transitions {
  private readonly types?: TypeCheck;
  private readonly admission: Admission;

  constructor(
    private readonly registry: UploadRegistry,
    private readonly storage: UploadStorage,
    rules: UploadRules,
    private readonly ended: EndedUploads,
    private readonly observer: UploadObserver,
    private readonly hashes?: FileHashes,
  ) {
    this.admission = new Admission(registry, storage, rules.reserveDisk);
    if (rules.allowedTypes) this.types = new TypeCheck(rules.allowedTypes);
  }

  /**
   * Stores a new upload, unless it is declared to be of a type that is not allowed, or there is no
   * room for it.
   *
   * @returns the record as stored
   * @throws TypeNotAllowedError; what `Admission` throws
   */
  async begin(record: UploadRecord, quota?: Quota): Promise<UploadRecord> {
    if (!isPartial(record)) this.types?.assertDeclared(record.metadata);
    const admit = await this.admission.forNew(record, quota);
    const created = await this.registry.create(record, admit);
    this.observer.created(created);
    return created;
  }

  /**
   * Ends an upload whose first bytes show that it is of no allowed type. A part of an upload shows
   * nothing.
   *
   * @throws TypeNotAllowedError
   */
  async assertType(record: UploadRecord, writer: UploadWriter): Promise<void> {
    if (!this.types || isPartial(record)) return;
    try {
      await this.types.assertActual(record.metadata, await writer.start(TELLING_BYTES));
    } catch (error) {
      // What could not be read has told nothing.
      if (error instanceof TypeNotAllowedError) await this.end(record.id, 'terminated');
      throw error;
    }
  }

  /** Whether the bytes that tell the type of an upload have come with an append that began here. */
  showsType(start: number, size: number): boolean {
    return this.types !== undefined && start < TELLING_BYTES && size >= TELLING_BYTES;
  }

  /**
   * Fixes the length a client had deferred (tus 1.0 §Upload-Defer-Length).
   *
   * @throws NoRoomError
   */
  async fixLength(record: UploadRecord, length: number | undefined): Promise<UploadRecord> {
    if (length === undefined || record.length === length) return record;
    const admit = await this.admission.forLength(length);
    const changed = await this.registry.change(record.id, (current, usages) => {
      admit(current, usages());
      return { record: { ...current, length } };
    });
    return changed ?? record;
  }

  /** Says, before such a byte is written, from where on bytes do not count until verified. */
  async distrustFrom(id: string, unverifiedFrom: number): Promise<void> {
    await this.registry.change(id, (current) => ({ record: { ...current, unverifiedFrom } }));
  }

  /** Says that all bytes held count. */
  async trust(id: string): Promise<void> {
    await this.registry.change(id, (current) => ({
      record: { ...current, unverifiedFrom: undefined, isDoubtful: undefined },
    }));
  }

  /**
   * Lets what went wrong with the file of an upload have its consequence: it begins anew with the next
   * request, also after a crash, when something else has changed that meanwhile; and it ends when its
   * bytes are lost.
   */
  async note(id: string, error: unknown): Promise<void> {
    if (error instanceof FileChangedError) await this.noteFault(id, error.fault);
    if (error instanceof UploadLostError) await this.lose(error);
  }

  /** What cannot be ended now is found to be lost again. */
  private async lose({ id, fault }: UploadLostError): Promise<void> {
    await this.endLost(id, fault).catch(() => undefined);
  }

  private async endLost(id: string, fault: string): Promise<void> {
    this.observer.lost(id, fault);
    await this.end(id, 'terminated');
  }

  /**
   * Lets an upload begin anew, or end if it must not: puts aside what lies under its name, which is not
   * its file. Its bytes are not removed, for they may be of use to the app.
   */
  async renew({ record, fault = '' }: UploadSnapshot): Promise<void> {
    const place = await this.storage.setAside(record);
    if (!mayGoBack(record)) return this.endLost(record.id, `its file ${fault}`);
    await this.registry.change(record.id, (current) => ({
      record: { ...current, fileFault: undefined, unverifiedFrom: undefined },
    }));
    if (place !== undefined) this.observer.renewed(record, fault, place);
  }

  /**
   * Cuts off what a process that died in the middle of a checksummed body has left, or a disk has
   * failed to keep; an upload that must not go back ends with the latter.
   *
   * @throws StorageFaultError, NoSpaceError when the disk fails again
   */
  async cutUnverified(record: UploadRecord): Promise<void> {
    if (record.isDoubtful && !mayGoBack(record)) return this.endLost(record.id, FLUSH_FAILED);
    await this.storage.cutBack(record, record.unverifiedFrom ?? Infinity);
    await this.trust(record.id);
  }

  /**
   * The record goes first, for it must not lie. It is due at once, so that the next cleanup frees
   * the bytes that a process which dies in between leaves behind; those of a quarantined upload
   * stay.
   *
   * @param told what its client is to be told from now on, and what is known of its file
   * @throws NoSpaceError when there is no room for the record, even without the bytes
   */
  async end(
    id: string,
    state: EndState,
    told: Pick<UploadRecord, 'answer' | 'hash'> = {},
  ): Promise<void> {
    const before = await this.registry.get(id);
    if (!before) return;
    await this.storage.tidy(before);
    const endedAt = Date.now();
    const isKept = state === 'quarantined';
    const endOf = (current: UploadRecord): UploadRecord => ({
      ...current,
      state,
      endedAt,
      answer: told.answer,
      hash: told.hash,
      filePath: isKept ? current.filePath : undefined,
      dueAt: isKept ? undefined : endedAt,
    });
    const change = () =>
      this.registry.change(id, (current) => {
        const record = endOf(current);
        return { record: isKept ? record : rememberEnded(record) };
      });
    const ended = await (isKept ? change() : this.withRoom(id, change));
    if (!ended) return;
    if (!isKept) await this.storage.remove(ended);
    // What cannot be removed now goes with the upload.
    else await this.storage.tidy(ended).catch(() => undefined);
    this.hashes?.forget(before);
    this.observer.ended(endOf(before));
    // What cannot be forgotten now goes with a later one.
    if (!isKept) await this.ended.forgetOldest(ended.owner).catch(() => undefined);
  }

  private async noteFault(id: string, fileFault: string): Promise<void> {
    await this.registry.change(id, (current) =>
      current.state === 'receiving' ? { record: { ...current, fileFault } } : undefined,
    );
  }

  /** Ends an upload whose creation failed, unless it has come to its end already. */
  async abandon(id: string): Promise<void> {
    const record = await this.registry.get(id);
    if (record?.state === 'receiving') await this.end(id, 'terminated');
  }

  /**
   * The same with one whose record was to come with its finish. If it did, for all that was heard of it,
   * its id is taken; if it did not, it cannot any more.
   */
  async abandonUnrecorded(record: UploadRecord, error: unknown): Promise<void> {
    if (error instanceof NoSpaceError) return this.storage.remove(record);
    await this.begin(record).catch((fault: unknown) => {
      if (!(fault instanceof UploadIdTakenError)) throw fault;
    });
    await this.abandon(record.id);
  }

  /**
   * The record of what ends takes room too, which its bytes may have filled. Those of an unfinished
   * upload then go first: one that has ended without bytes does not lie, nor does one without that
   * has not.
   */
  private async withRoom<T>(id: string, change: () => Promise<T>): Promise<T> {
    try {
      return await change();
    } catch (error) {
      if (!(error instanceof NoSpaceError)) throw error;
      const record = await this.registry.get(id);
      if (record?.state !== 'receiving') throw error;
      await this.storage.remove(record);
      return change();
    }
  }
}
