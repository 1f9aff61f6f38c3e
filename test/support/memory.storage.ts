import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { FileChangedError } from '../../lib/errors/index.js';
import type { StorageState, UploadRecord } from '../../lib/registry/index.js';
import type {
  ByteRange,
  Cleared,
  FinishedPlace,
  Holding,
  Located,
  StorageRecords,
  StoredBytes,
  UploadStorage,
  UploadWriter,
} from '../../lib/storage/index.js';

declare module '../../lib/storage/storage-location.interface.js' {
  interface StorageLocations {
    readonly memory: { readonly type: 'memory'; readonly path: string };
  }
}

/** What a storage in memory says of an upload: where a finished one lies. */
interface MemoryState extends StorageState {
  readonly key: string;
}

interface Held {
  bytes: Buffer;
  modifiedAt: number;
}

/**
 * A storage that keeps bytes in memory: the simplest one that keeps what a storage promises, for tests
 * of what uses one.
 */
export class MemoryStorage implements UploadStorage {
  readonly readsUnfinished = true;
  readonly keepsUnrecorded = true;
  private readonly held: Map<string, Held>;

  /** @param shared what storages in one place hold together */
  constructor(
    private readonly records: StorageRecords,
    shared = new Map<string, unknown>(),
  ) {
    this.held = shared as Map<string, Held>;
  }

  async open(): Promise<void> {}

  async close(): Promise<void> {}

  async assertSame(): Promise<void> {}

  async confirm(): Promise<void> {}

  async probe(): Promise<void> {}

  async stat(upload: UploadRecord): Promise<StoredBytes | undefined> {
    return describe(this.held.get(keyOf(upload)));
  }

  async holds(id: string): Promise<boolean> {
    return this.held.has(id);
  }

  locate(upload: UploadRecord): Located {
    const path = `memory:${keyOf(upload)}`;
    return { path, storage: { type: 'memory', path } };
  }

  async openWriter({ id }: UploadRecord): Promise<UploadWriter> {
    return new MemoryWriter(id, this.held);
  }

  async cutBack(upload: UploadRecord, size: number): Promise<void> {
    const held = this.held.get(upload.id);
    if (held) held.bytes = held.bytes.subarray(0, size);
  }

  createReadStream(upload: UploadRecord, { start = 0, end = Infinity }: ByteRange = {}): Readable {
    const held = this.held.get(keyOf(upload));
    if (held) return Readable.from([held.bytes.subarray(start, end + 1)]);
    return new Readable({ read() {} }).destroy(new Error(`There are no bytes of ${upload.id}.`));
  }

  async concatenate(
    { id }: UploadRecord,
    parts: readonly UploadRecord[],
    signal?: AbortSignal,
  ): Promise<void> {
    signal?.throwIfAborted();
    const bytes: Buffer[] = [];
    for (const part of parts) {
      const own = await buffer(this.createReadStream(part));
      if (own.length !== part.length) throw new FileChangedError(part.id, 'is not what it was');
      bytes.push(own);
    }
    if (bytes.length > 0) {
      this.held.set(id, { bytes: Buffer.concat(bytes), modifiedAt: Date.now() });
    }
  }

  async finish({ id, filePath }: UploadRecord): Promise<FinishedPlace> {
    if (filePath === undefined) return {};
    const own = this.held.get(id);
    const other = this.held.get(filePath);
    if (!own || (other && other !== own)) return { isMisplaced: true };
    this.held.set(filePath, own);
    return { stored: { key: filePath } };
  }

  isTidy({ state, stored, filePath }: UploadRecord): boolean {
    return state === 'finished' ? stored === undefined : filePath === undefined;
  }

  async tidy(upload: UploadRecord): Promise<void> {
    const { id, state, stored, filePath } = upload;
    if (state === 'finished' && stored) this.held.delete(id);
    const isOwn = filePath !== undefined && this.held.get(filePath) === this.held.get(id);
    if (state !== 'finished' && isOwn) this.held.delete(filePath);
  }

  settlesAt(): undefined {}

  async move(upload: UploadRecord, target: string): Promise<undefined> {
    const held = this.held.get(keyOf(upload));
    if (this.held.has(target)) throw new Error(`${target} is taken.`);
    if (!held) throw new Error(`There are no bytes of ${upload.id}.`);
    this.held.set(target, held);
    this.held.delete(keyOf(upload));
  }

  async targetOf(place: string): Promise<string> {
    return place;
  }

  async remove(upload: UploadRecord): Promise<void> {
    this.held.delete(upload.id);
    if (!upload.stored) return;
    this.held.delete(keyOf(upload));
    await this.records.keep(upload.id, undefined);
  }

  async fence({ id }: UploadRecord): Promise<void> {
    const held = this.held.get(id);
    this.held.set(id, { bytes: held?.bytes ?? Buffer.alloc(0), modifiedAt: Date.now() });
  }

  async setAside({ id }: UploadRecord): Promise<string | undefined> {
    return this.held.delete(id) ? 'nowhere' : undefined;
  }

  async *holdings(): AsyncGenerator<Holding> {
    for (const name of this.held.keys()) yield { name, id: name };
  }

  async clear({ name }: Holding, before: number): Promise<Cleared | undefined> {
    const held = this.held.get(name);
    if (!held || held.modifiedAt >= before) return undefined;
    this.held.delete(name);
    return { kind: 'removed' };
  }
}

/** Writes to one upload in memory. */
class MemoryWriter implements UploadWriter {
  readonly isDoubtful = false;
  flushed = 0;
  private own?: Held;

  constructor(
    private readonly id: string,
    private readonly held: Map<string, Held>,
  ) {
    this.own = held.get(id);
    this.flushed = this.size;
  }

  get size(): number {
    return this.own?.bytes.length ?? 0;
  }

  async write(chunks: readonly Uint8Array[]): Promise<void> {
    if (chunks.every(({ byteLength }) => byteLength === 0)) return;
    const own = this.make();
    own.bytes = Buffer.concat([own.bytes, ...chunks]);
    own.modifiedAt = Date.now();
  }

  async truncate(size: number): Promise<void> {
    if (size > this.size) throw new RangeError('An upload can only be cut back.');
    if (this.own) this.own.bytes = this.own.bytes.subarray(0, size);
  }

  async start(most: number): Promise<Uint8Array> {
    return this.own?.bytes.subarray(0, most) ?? Buffer.alloc(0);
  }

  async complete(): Promise<void> {
    this.make();
  }

  async mustSync(): Promise<boolean> {
    return false;
  }

  async sync(): Promise<void> {
    this.flushed = this.size;
  }

  async confirm(): Promise<StoredBytes | undefined> {
    if (this.held.get(this.id) === this.own) return describe(this.own);
    throw new FileChangedError(this.id, 'was replaced by another one');
  }

  async close(): Promise<void> {}

  private make(): Held {
    this.own ??= { bytes: Buffer.alloc(0), modifiedAt: Date.now() };
    this.held.set(this.id, this.own);
    return this.own;
  }
}

function keyOf({ id, stored, movedTo }: UploadRecord): string {
  return movedTo ?? (stored as MemoryState | undefined)?.key ?? id;
}

function describe(held: Held | undefined): StoredBytes | undefined {
  return held && { size: held.bytes.length, flushed: 0, modifiedAt: held.modifiedAt };
}
