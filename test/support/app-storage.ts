import { readFile, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { StorageFactory } from '../../lib/index.js';
import { isOnS3 } from './on-s3.js';
import { listFiles } from './temp-folder.js';

/** Where the apps of tests keep bytes. */
export interface AppStorage {
  /** For the module; absent: its own default. */
  readonly factory?: StorageFactory;
  /** Names of all that is held: an upload's is its id, or begins with it. */
  names(): Promise<readonly string[]>;
  /** Bytes that are held of an upload; none of one that has none. */
  bytesOf(id: string): Promise<Buffer>;
  /** A place of the application's own, to move an upload to. */
  placeOf(name: string): string;
  /** Removes what lies at an upload's path, as the application itself may. */
  take(path: string): Promise<void>;
  remove(): Promise<void>;
}

/** The storages of apps by their folder, for those that go on with an earlier one. */
const storages = new Map<string, Promise<AppStorage>>();

/** Removes all that apps have kept; nothing of it may be used any more. */
export async function removeStorages(): Promise<void> {
  const all = [...storages.values()];
  storages.clear();
  for (const storage of all) await (await storage).remove();
}

/** Where an app with a folder keeps bytes: in S3, when these tests are run on it, else in that folder. */
export function storageOf(folder: string): Promise<AppStorage> {
  const storage = storages.get(folder) ?? makeStorage(folder);
  storages.set(folder, storage);
  return storage;
}

/** Names of all that an app holds. */
export async function heldNames(app: { readonly tmpFileDir: string }): Promise<readonly string[]> {
  return (await storageOf(app.tmpFileDir)).names();
}

/** Bytes that an app holds of an upload; none when there are none. */
export async function storedBytes(
  app: { readonly tmpFileDir: string },
  upload: { readonly id: string },
): Promise<Buffer> {
  return (await storageOf(app.tmpFileDir)).bytesOf(upload.id);
}

/** A place of the application's own, to move an upload to. */
export async function placeOf(app: { readonly tmpFileDir: string }, name: string): Promise<string> {
  return (await storageOf(app.tmpFileDir)).placeOf(name);
}

/** Removes what lies at an upload's path, as the application itself may. */
export async function takeAway(app: { readonly tmpFileDir: string }, path: string): Promise<void> {
  await (await storageOf(app.tmpFileDir)).take(path);
}

async function makeStorage(folder: string): Promise<AppStorage> {
  if (!isOnS3()) return new FolderStorage(folder);
  // Most tests need none of it.
  const { BucketStorage } = await import('./s3/bucket-storage.js');
  return BucketStorage.make();
}

class FolderStorage implements AppStorage {
  constructor(private readonly folder: string) {}

  names(): Promise<readonly string[]> {
    return listFiles(this.folder);
  }

  bytesOf(id: string): Promise<Buffer> {
    return readFile(join(this.folder, id)).catch(() => Buffer.alloc(0));
  }

  placeOf(name: string): string {
    return join(dirname(this.folder), name);
  }

  take(path: string): Promise<void> {
    return unlink(path);
  }

  /** It goes with the folder of its app. */
  async remove(): Promise<void> {}
}
