import { UploadFencedError } from './upload-fenced.error.js';

/** Knows what this process has lost to others, because it did not answer for a while. */
export interface Fence {
  /** Looks now: if it says no, what was seen or done before counts. */
  hasLost(key: string): boolean;
}

/**
 * Makes sure that an upload is not another process's by now.
 *
 * @throws UploadFencedError
 */
export function assertNotLost(fence: Fence | undefined, id: string): void {
  if (fence?.hasLost(id)) throw new UploadFencedError(id);
}
