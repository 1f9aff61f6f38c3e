import { addAbortSignal, type Readable } from 'node:stream';
import {
  announcedDigest,
  decodeMetadata,
  digestLength,
  DIGEST_MISMATCHED,
  PROBLEM_JSON,
  problemJson,
  ProtocolError,
  type ChecksumAlgorithm,
} from '../../protocol/index.js';
import type { StoredAnswer, StoredHash, UploadRecord } from '../../registry/index.js';
import type { ByteRange, UploadStorage } from '../../storage/index.js';
import { ShuttingDownError } from '../model/append.errors.js';
import { isPartial } from '../model/upload-kind.js';
import type { FileHashRule } from '../rules/upload-rules.js';
import { RunningHash } from './running-hash.js';
import { createVerifiers } from './verifier.js';

/** Most uploads whose hash is kept between their requests; they take some megabytes. */
const MOST = 10_000;

/** Bytes read back at a time: the event loop is held up for less than a millisecond by each. */
const BLOCK = 256 * 1024;

/** The hash of an upload, and what its record was when it was asked for last. */
interface Running {
  readonly hash: RunningHash;
  record: UploadRecord;
}

/** An upload with its hash, and why it is to be refused, if it is. */
export interface Examined {
  readonly whole: UploadRecord;
  readonly refusal?: StoredAnswer;
}

/** The hashes of whole files, of which each is computed while its bytes come. */
export class FileHashes {
  /** In the order they were last used. */
  private readonly running = new Map<string, Running>();
  private readonly shutdown = new AbortController();

  constructor(
    private readonly storage: UploadStorage,
    private readonly rule?: FileHashRule,
  ) {}

  /** Whether an upload is hashed: of a part of an upload there is nothing to be known. */
  concern(record: UploadRecord): boolean {
    const { expectedHash, wantedHash } = record.terms ?? {};
    const isAsked =
      this.rule !== undefined || expectedHash !== undefined || wantedHash !== undefined;
    return isAsked && !isPartial(record);
  }

  /** The hash of an upload as far as it has come. */
  of(record: UploadRecord): RunningHash | undefined {
    if (!this.concern(record)) return undefined;
    const key = keyOf(record);
    const running = this.running.get(key) ?? this.begin(record);
    running.record = record;
    this.running.delete(key);
    this.running.set(key, running);
    if (this.running.size > MOST) this.dropOldest();
    return running.hash;
  }

  /**
   * An upload whose bytes are all stored, with what is to be known of its hash.
   *
   * @returns the refusal too, if it is not what its client has said
   * @throws ShuttingDownError before it is known
   */
  async examine(record: UploadRecord, size: number): Promise<Examined> {
    const hashes = await this.hashesOf(record, size);
    const by = (algorithm?: string) => hashes.find((hash) => hash.algorithm === algorithm);
    const { terms } = record;
    const hash = by(this.rule?.algorithm);
    const wanted = terms?.wantedHash === hash?.algorithm ? undefined : by(terms?.wantedHash);
    const whole = { ...record, hash, ...(wanted && { terms: { ...terms, hash: wanted } }) };
    const expected = terms?.expectedHash;
    const isExpected = !expected || by(expected.algorithm)?.hex === expected.hex;
    return { whole, refusal: isExpected ? this.refusalOf(whole) : digestRefusal(expected) };
  }

  private async hashesOf(record: UploadRecord, size: number): Promise<readonly StoredHash[]> {
    try {
      const digests = await this.of(record)?.digest(size);
      return digests ? split(digests, this.algorithmsOf(record)) : [];
    } catch (error) {
      if (!this.shutdown.signal.aborted) throw error;
      throw new ShuttingDownError();
    }
  }

  /** The refusal of a file that is not what its metadata say; `undefined` when it is. */
  private refusalOf({ hash, metadata }: UploadRecord): StoredAnswer | undefined {
    const { algorithm, compareWith } = this.rule ?? {};
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
      begin: () => createVerifiers(this.algorithmsOf(record)),
      read: (range) => this.read(running.record, range),
      readsAhead: this.storage.readsUnfinished,
    });
    const running: Running = { hash, record };
    return running;
  }

  /** Each once: those of the app, and of the client. */
  private algorithmsOf({ terms }: UploadRecord): readonly ChecksumAlgorithm[] {
    const asked = [this.rule?.algorithm, terms?.expectedHash?.algorithm, terms?.wantedHash];
    return [...new Set(asked)].filter((algorithm) => algorithm !== undefined);
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

/** The digests of several algorithms, in their order. */
function split(digests: Buffer, algorithms: readonly ChecksumAlgorithm[]): StoredHash[] {
  let start = 0;
  return algorithms.map((algorithm) => {
    const end = start + digestLength(algorithm);
    const hex = digests.toString('hex', start, end);
    start = end;
    return { algorithm, hex };
  });
}

/** A client that has said what the whole is to be is told that it is not. */
function digestRefusal({ algorithm }: StoredHash): StoredAnswer {
  const words = `The ${algorithm} of the upload is not the announced one; it is not kept.`;
  return {
    status: 400,
    headers: { 'content-type': PROBLEM_JSON },
    body: Buffer.from(problemJson(400, words, DIGEST_MISMATCHED)).toString('base64'),
  };
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
