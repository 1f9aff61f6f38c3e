import { opendir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { asError, UploadIdTakenError } from '../errors/index.js';
import type { AdoptedFile } from '../interfaces/index.js';
import type { TusService } from '../tus.service.js';

const INFO = '.json';

/**
 * How `adoptFileStore()` takes uploads over.
 *
 * @publicApi
 */
export interface FileStoreOptions {
  /**
   * Tells whom an upload belongs to, as the module's `owner` option will say of its client's requests.
   *
   * @param metadata what its client said, as text by key
   * @default none
   */
  owner?(this: void, metadata: Readonly<Record<string, string>>): string | undefined;
}

/**
 * What `adoptFileStore()` has done.
 *
 * @publicApi
 */
export interface FileStoreReport {
  /** Whole files that are served from where they are. */
  readonly finished: number;

  /** Unfinished uploads whose clients can go on. */
  readonly unfinished: number;

  /** Uploads that were known already, as after an earlier call. */
  readonly known: number;

  /** What was left, and why. */
  readonly skipped: readonly {
    /** Name of the file in the folder. */
    readonly name: string;
    /** A sentence for people. */
    readonly reason: string;
  }[];
}

/** What the file store of `@tus/server` writes of an upload. */
interface StoredInfo {
  readonly id: string;
  readonly size?: number;
  readonly metadata?: Readonly<Record<string, string | null>>;
  readonly creation_date?: string;
}

/**
 * Takes over all uploads in a folder of `@tus/file-store`, as `@tus/server` has left it, by
 * `TusService.adopt()`: whole files stay where they are, and unfinished ones are copied. It may be
 * repeated. The other server must not run any more, and the folder must not be `tmpFileDir`.
 *
 * An upload that cannot be taken over, for its id is a path or its file has gone, is named in the report
 * and keeps no other from it.
 *
 * @throws Error of the file system when the folder cannot be read
 * @publicApi
 */
export async function adoptFileStore(
  tus: Pick<TusService, 'adopt'>,
  directory: string,
  { owner }: FileStoreOptions = {},
): Promise<FileStoreReport> {
  const skipped: { name: string; reason: string }[] = [];
  const report = { finished: 0, unfinished: 0, known: 0, skipped };
  for await (const { name } of await opendir(resolve(directory))) {
    if (!name.endsWith(INFO)) continue;
    try {
      const file = await readInfo(directory, name);
      const { state } = await tus.adopt({ ...file, owner: owner?.(file.metadata ?? {}) });
      report[state === 'finished' ? 'finished' : 'unfinished'] += 1;
    } catch (error) {
      if (error instanceof UploadIdTakenError) report.known += 1;
      else skipped.push({ name, reason: asError(error).message });
    }
  }
  return report;
}

async function readInfo(directory: string, name: string): Promise<AdoptedFile> {
  const info = JSON.parse(await readFile(join(directory, name), 'utf8')) as StoredInfo;
  const { size, metadata } = info;
  const createdAt = new Date(info.creation_date ?? NaN);
  return {
    id: name.slice(0, -INFO.length),
    path: resolve(directory, name.slice(0, -INFO.length)),
    length: size,
    metadata: textOf(metadata ?? {}),
    ...(!Number.isNaN(createdAt.getTime()) && { createdAt }),
  };
}

/** A key without a value is `null` there. */
function textOf(metadata: Readonly<Record<string, string | null>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, value ?? '']));
}
