import type { Cluster } from '../cluster/index.js';
import type { Fence } from '../errors/index.js';
import type { UploadRecord, UploadRegistry } from '../registry/index.js';
import type { SharedFolder, StorageRecords, UploadStorage } from '../storage/index.js';
import type { UploadDescription } from './upload.interface.js';

/**
 * What a registry is made for.
 *
 * @publicApi
 */
export interface RegistryContext {
  /** The instance's name; absent for the one without. */
  readonly name?: string;

  /**
   * Whether what a write resolved for must survive a lost machine; not, where the `durability` option is
   * `'none'`.
   */
  readonly durable: boolean;
}

/**
 * What of an instance a registry may have something to say about.
 *
 * @publicApi
 */
export interface RegistryUse {
  /** Deliveries that are made at the same time, of each handler at most. */
  readonly deliveries: number;

  /** Where bytes lie, if that is a folder. */
  readonly folder?: SharedFolder;
}

/**
 * Where an instance keeps what is known of uploads, and how the processes that share it hear of each
 * other.
 *
 * @publicApi
 */
export interface RegistryBackend {
  /** What is known of uploads. */
  readonly registry: UploadRegistry;

  /** Of a registry that one process uses alone: a `SoleCluster`. */
  readonly cluster: Cluster;

  /**
   * Opens both, in the order that they need. Listeners to the cluster are there before.
   *
   * @throws Error with what to do, where that is known
   */
  open(): Promise<void>;

  /**
   * Looks, once the storage is open too, for what of the instance does not go with it.
   *
   * @returns what to warn of in the log, a line each
   * @throws Error with what to do, where uploads would be lost
   */
  examine?(use: RegistryUse): Promise<readonly string[]>;

  /** Closes both. It may be called when `open()` has failed, or was not called. */
  close(): Promise<void>;
}

/**
 * What the `registry` option takes.
 *
 * @publicApi
 */
export interface RegistryFactory {
  /** Called once for each instance, before the app starts. */
  create(context: RegistryContext): RegistryBackend | Promise<RegistryBackend>;
}

/**
 * What a storage is made for.
 *
 * @publicApi
 */
export interface StorageContext {
  /** The instance's name; absent for the one without. */
  readonly name?: string;

  /** Keeps what the storage has to say of an upload in its record. */
  readonly records: StorageRecords;

  /** Knows what this process has lost to others, for it did not answer. */
  readonly fence: Fence;

  /** What apps are told of an upload from its beginning. */
  describe(upload: UploadRecord): UploadDescription;
}

/**
 * What the `storage` option takes.
 *
 * @publicApi
 */
export interface StorageFactory {
  /** Called once for each instance, before the app starts. */
  create(context: StorageContext): UploadStorage | Promise<UploadStorage>;
}
