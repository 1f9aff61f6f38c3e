import type { FinishedUpload } from '../interfaces/index.js';

/** A method decorated with `@OnUploadFinished()`, ready to be called. */
export interface FinishedHandler {
  /** Name its deliveries are kept under. */
  readonly name: string;
  call(upload: FinishedUpload): Promise<void>;
}
