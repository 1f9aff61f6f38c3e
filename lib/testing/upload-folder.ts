import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A folder for the `tmpFileDir` of an app under test.
 *
 * @publicApi
 */
export interface UploadFolder {
  /** Absolute path. */
  readonly path: string;

  /** Removes it with all that is in it. Close the app first. Doing it twice does nothing. */
  remove(): Promise<void>;
}

/**
 * Makes an empty folder in the system's folder for temporary files, so that tests that run at the same
 * time share nothing.
 *
 * @publicApi
 */
export async function makeUploadFolder(): Promise<UploadFolder> {
  const path = await mkdtemp(join(tmpdir(), 'uploads-'));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}
