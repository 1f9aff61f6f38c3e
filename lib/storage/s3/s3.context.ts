import { assertNotLost } from '../../errors/index.js';
import type { StorageContext } from '../../interfaces/index.js';
import { inlineTypeOf } from '../../protocol/index.js';
import type { UploadRecord } from '../../registry/index.js';
import { GatheringMemory } from './gathering/gathering-memory.js';
import { ScratchFolder } from './gathering/scratch-folder.js';
import { MultipartRequests } from './requests/multipart-requests.js';
import { ObjectRequests } from './requests/object-requests.js';
import type { RequestGuard } from './requests/request-sender.js';
import { Slots } from './requests/slots.js';
import type { ResolvedS3Options, S3ObjectOptions } from './s3.options.js';
import { addressOfUrl } from './places.js';
import { stateOf, toStored, type S3Address, type S3State } from './s3-state.js';

/** Key in an object's metadata of the id of its upload. */
const MARK = 'tus-upload';

/** What comes between the prefix and the ids of uploads, for remainders. */
const REMAINDERS = '.tus/remainders/';

/** What comes between the prefix and what is tried at start. */
const CHECKS = '.tus/checks/';

/** Parts of all uploads that are on their way at a time. */
const MOST_PARTS = 8;

/** What all uploads of a process share. */
class Shared {
  readonly memory = new GatheringMemory();
  readonly slots = new Slots(MOST_PARTS);
  readonly scratch: ScratchFolder;
  /** What was kept of uploads since the records at hand were read. */
  readonly newest = new Map<string, S3State>();
  /** Those of them that no record says. */
  readonly unkept = new Set<string>();

  constructor({ scratch }: ResolvedS3Options) {
    this.scratch = new ScratchFolder(scratch);
  }
}

/** What the parts of an S3 storage have in common. */
export class S3Context {
  readonly objects: ObjectRequests;
  readonly multiparts: MultipartRequests;

  /** @param guard throws once nothing may be sent any more */
  constructor(
    readonly options: ResolvedS3Options,
    private readonly app: StorageContext,
    private readonly shared = new Shared(options),
    guard?: RequestGuard,
  ) {
    this.objects = new ObjectRequests(options.client, guard);
    this.multiparts = new MultipartRequests(options.client, guard);
  }

  /**
   * The same to a process that holds an upload: once another one has taken that from it, it sends nothing
   * more.
   *
   * @throws UploadFencedError, as all its requests do then
   */
  holding(id: string): S3Context {
    const guard = () => this.assertHeld(id);
    guard();
    return new S3Context(this.options, this.app, this.shared, guard);
  }

  get memory(): GatheringMemory {
    return this.shared.memory;
  }

  get scratch(): ScratchFolder {
    return this.shared.scratch;
  }

  /** What bounds how many parts of all uploads are read from scratch files at a time. */
  get slots(): Slots {
    return this.shared.slots;
  }

  /** What counts of an upload. */
  stateOf(record: UploadRecord): S3State | undefined {
    return this.shared.newest.get(record.id) ?? stateOf(record);
  }

  /** Says what counts of an upload, from now on and after a crash. */
  async keep(id: string, state: S3State): Promise<void> {
    await this.app.records.keep(id, toStored(state));
    this.shared.newest.set(id, state);
    this.shared.unkept.delete(id);
  }

  /** Says what counts of an upload, for its record to say with the commit of its finish. */
  note(id: string, state: S3State): void {
    this.shared.newest.set(id, state);
    this.shared.unkept.add(id);
  }

  /** Says that its commit comes now. */
  expectCommit(id: string): void {
    this.shared.unkept.delete(id);
  }

  /** Sees to it that the record says what was noted, where no commit came. */
  async keepNoted(id: string): Promise<void> {
    const state = this.shared.newest.get(id);
    if (state && this.shared.unkept.has(id)) await this.keep(id, state);
  }

  /** Takes the upload's records for new again. */
  forget(id: string): void {
    this.shared.newest.delete(id);
    this.shared.unkept.delete(id);
  }

  /** @throws UploadFencedError */
  assertHeld(id: string): void {
    assertNotLost(this.app.fence, id);
  }

  /** Where an upload lies, unless it is to lie, or was moved, elsewhere. */
  ownAddress(id: string): S3Address {
    const { bucket, prefix } = this.options;
    return { bucket, key: prefix + id };
  }

  isOwn(id: string, { bucket, key }: S3Address): boolean {
    const own = this.ownAddress(id);
    return own.bucket === bucket && own.key === key;
  }

  /** What the keys of an upload's remainders begin with, or those of all. */
  remaindersOf(id?: string): string {
    const all = this.options.prefix + REMAINDERS;
    return id === undefined ? all : `${all}${id}/`;
  }

  /** What the keys of objects begin with that are tried at start. */
  get checksPrefix(): string {
    return this.options.prefix + CHECKS;
  }

  /** Where the object of an upload is, or is to be. */
  addressOf(record: UploadRecord): S3Address {
    const moved = record.movedTo === undefined ? undefined : addressOfUrl(record.movedTo);
    return moved ?? this.stateOf(record) ?? this.ownAddress(record.id);
  }

  /**
   * Where a new object of an upload goes: where the application wants it, unless another one is there.
   */
  async addressFor({ id, filePath }: UploadRecord): Promise<S3Address> {
    if (filePath === undefined) return this.ownAddress(id);
    const wanted = { bucket: this.options.bucket, key: filePath };
    const found = await this.objects.head(wanted);
    return !found || this.isMarked(id, found) ? wanted : this.ownAddress(id);
  }

  /** Whether an object was made of an upload. */
  isMarked(id: string, { metadata }: { readonly metadata: Readonly<Record<string, string>> }) {
    return metadata[MARK] === id;
  }

  /** What the object of an upload is created with. */
  async objectOptions(record: UploadRecord): Promise<S3ObjectOptions> {
    const upload = this.app.describe(record);
    const declared = inlineTypeOf({ text: upload.metadata, bytes: upload.rawMetadata });
    const asked = await this.options.object?.(upload);
    return {
      ContentType: declared ?? 'application/octet-stream',
      ...asked,
      Metadata: { ...asked?.Metadata, [MARK]: record.id },
    };
  }
}
