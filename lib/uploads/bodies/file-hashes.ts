import { addAbortSignal, type Readable } from 'node:stream';
import { announcedDigest, decodeMetadata, ProtocolError } from '../../protocol/index.js';
import type { StoredAnswer, StoredHash, UploadRecord } from '../../registry/index.js';
import type { ByteRange, UploadStorage } from '../../storage/index.js';
import { ShuttingDownError } from '../model/append.errors.js';
import { isPartial } from '../model/upload-kind.js';
import type { FileHashRule } from '../rules/upload-rules.js';
import { RunningHash } from './running-hash.js';
import { createVerifier } from './verifier.js';

/** Most uploads whose hash is kept between their requests; they take some megabytes. */
const MOST = 10_000;

/** Bytes read back at a time: the event loop is held up for less than a millisecond by each. */
const BLOCK = 256 * 1024;

/** The hash of an upload, and what its record was when it was asked for last. */
interface Running {
  readonly hash: RunningHash;
  record: UploadRecord;
}

/** The hashes of whole files, of which each is computed while its bytes come. */
export class FileHashes {
  /** In the order they were last used. */
  private readonly running = new Map<string, Running>();
  private readonly shutdown = new AbortController();

  constructor(
    private readonly storage: UploadStorage,
    private readonly rule: FileHashRule,
  ) {}

  /** The hash of an upload as far as it has come; of a part of an upload there is none. */
  of(record: UploadRecord): RunningHash | undefined {
    if (isPartial(record)) return undefined;
    const key = keyOf(record);
    const running = this.running.get(key) ?? this.begin(record);
    running.record = record;
    this.running.delete(key);
    this.running.set(key, running);
    if (this.running.size > MOST) this.dropOldest();
    return running.hash;
  }

  /**
   * The hash of an upload whose bytes are all stored.
   *
   * @returns `undefined` for a part of an upload
   * @throws ShuttingDownError before it is known
   */
  async hashOf(record: UploadRecord, size: number): Promise<StoredHash | undefined> {
    try {
      const digest = await this.of(record)?.digest(size);
      return digest && { algorithm: this.rule.algorithm, hex: digest.toString('hex') };
    } catch (error) {
      if (!this.shutdown.signal.aborted) throw error;
      throw new ShuttingDownError();
    }
  }

  /** The refusal of a file that is not what its metadata say; `undefined` when it is. */
  refusalOf({ hash, metadata }: UploadRecord): StoredAnswer | undefined {
    const { algorithm, compareWith } = this.rule;
    if (compareWith === undefined || !hash) return undefined;
    if (isAnnounced(hash, compareWith, metadata)) return undefined;
    const words = `The ${algorithm} of the file is not the one in its metadata; it is not kept.\n`;
    return {
      status: 422,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: Buffer.from(words).toString('base64'),
    };
  }

  /** The upload needs no hash any more. */
  forget(record: UploadRecord): void {
    this.running.delete(keyOf(record));
  }

  /** Reads no further. */
  stop(): void {
    this.shutdown.abort();
  }

  private begin(record: UploadRecord): Running {
    const hash: RunningHash = new RunningHash({
      begin: () => createVerifier(this.rule.algorithm),
      read: (range) => this.read(running.record, range),
      readsAhead: this.storage.readsUnfinished,
    });
    const running: Running = { hash, record };
    return running;
  }

  private read(record: UploadRecord, range: ByteRange): Readable {
    const stream = this.storage.createReadStream(record, { ...range, blockSize: BLOCK });
    return addAbortSignal(this.shutdown.signal, stream);
  }

  private dropOldest(): void {
    for (const key of this.running.keys()) {
      this.running.delete(key);
      return;
    }
  }
}

/** An id that the app gives may be that of a later upload too. */
function keyOf({ id, createdAt }: UploadRecord): string {
  return `${id} ${createdAt}`;
}

/** A client that announces no digest is believed; one that announces nonsense is not. */
function isAnnounced({ algorithm, hex }: StoredHash, key: string, metadata?: string): boolean {
  try {
    const announced = announcedDigest(decodeMetadata(metadata), key, algorithm);
    return announced === undefined || announced.toString('hex') === hex;
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}
