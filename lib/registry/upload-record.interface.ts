import type { ChecksumAlgorithm } from '../protocol/index.js';

/**
 * Where an upload stands: it is receiving until it is finished, terminated or expired; or
 * quarantined, when a `@BeforeUploadFinish()` method refused it and its bytes are to be kept.
 *
 * @publicApi
 */
export type UploadState = 'receiving' | 'finished' | 'terminated' | 'expired' | 'quarantined';

/**
 * The protocol that an upload came by: tus 1.0, or the IETF's resumable uploads.
 *
 * @publicApi
 */
export type UploadProtocol = 'tus' | 'ietf';

/** What an upload's client and the server have agreed on beyond what every protocol has. */
export interface UploadTerms {
  /** Whether the upload is complete only once its client says so; else it is with all bytes of its length. */
  readonly endsExplicitly?: boolean;
  /** What the whole must hash to. */
  readonly expectedHash?: StoredHash;
  /** By what the whole is to be hashed, to be told. */
  readonly wantedHash?: ChecksumAlgorithm;
  /** What it hashes to by that, where the record does not say so elsewhere. */
  readonly hash?: StoredHash;
}

/** Whether an upload is a part that others are made of, or is made of parts. */
export type UploadKind = 'partial' | 'final';

/** The last answer to an upload's client, kept to be given again. */
export interface StoredAnswer {
  /** Status of HTTP. */
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Base64. */
  readonly body?: string;
}

/** What a whole file hashes to. */
export interface StoredHash {
  /** By what it was hashed. */
  readonly algorithm: ChecksumAlgorithm;
  /** The digest in lower-case hexadecimal digits. */
  readonly hex: string;
}

/** What a storage keeps of its own in an upload's record: plain data, of some hundred bytes at most. */
export type StorageState = Readonly<Record<string, unknown>>;

/** What a registry knows of one upload. Times are milliseconds since the epoch. */
export interface UploadRecord {
  /** 128 random bits as 32 lower-case hexadecimal digits, or what the application has given. */
  readonly id: string;
  /** Where it stands. */
  readonly state: UploadState;
  /** Bytes the whole upload will have; absent while the client defers it. */
  readonly length?: number;
  /** Most bytes it may have; absent: no limit. */
  readonly maxSize?: number;
  /**
   * Bytes from here on were announced with a checksum and are not verified yet; if they are
   * not being written, they are to be cut off.
   */
  readonly unverifiedFrom?: number;
  /**
   * What was found wrong with the unfinished upload's file while bytes came, as the end of a
   * sentence: nothing that lies under its name counts, and it is to begin anew.
   */
  readonly fileFault?: string;
  /**
   * Whether the disk has failed to keep bytes from there on, so that those before are to be put into a
   * new file.
   */
  readonly isDoubtful?: boolean;
  /** The `Upload-Metadata` header as sent, byte for byte. */
  readonly metadata?: string;
  /** The one that it was created by, and is spoken of by; absent: tus. */
  readonly protocol?: UploadProtocol;
  /** What was agreed on with its client. */
  readonly terms?: UploadTerms;
  /** Absent: an upload of its own. */
  readonly kind?: UploadKind;
  /** How its client has said so, byte for byte, to be told again (tus 1.0 §Upload-Concat). */
  readonly concat?: string;
  /** Whom the upload belongs to, at most 512 bytes of UTF-8. */
  readonly owner?: string;
  /** Name of the `@TusEndpoint()` method it was sent to; absent: to the upload path. */
  readonly endpoint?: string;
  /** Digest of the path's parameters it was created under; absent: it is bound to none. */
  readonly binding?: string;
  /** The query of its creation as its endpoint's method is to have it, as JSON. */
  readonly query?: string;
  /** Where in the storage the application wants the upload once it is finished; absent: anywhere. */
  readonly filePath?: string;
  /** What its storage keeps of it. */
  readonly stored?: StorageState;
  /** When it was created. */
  readonly createdAt: number;
  /** Milliseconds the unfinished upload may lie idle; absent: it never expires. */
  readonly validFor?: number;
  /** When it was finished, terminated or expired. */
  readonly endedAt?: number;
  /** What the whole file hashes to; absent unless the `hash` option was set at the finish. */
  readonly hash?: StoredHash;
  /** Absolute path the finished file was moved to; absent: it lies in the storage. */
  readonly movedTo?: string;
  /** Absolute path the finished file is on its way to. */
  readonly movingTo?: string;
  /** When the file of a finished upload was removed. */
  readonly fileRemovedAt?: number;
  /** Whether the file is to be removed once it was delivered to all its handlers. */
  readonly removeWhenDelivered?: boolean;
  /** What its client was told at its end, beyond what every client is. */
  readonly answer?: StoredAnswer;
  /** What hooks add to the headers of its endpoint's answer. */
  readonly addedHeaders?: Readonly<Record<string, string>>;
  /** When cleanup is to look at the upload next; absent: never. */
  readonly dueAt?: number;
}
