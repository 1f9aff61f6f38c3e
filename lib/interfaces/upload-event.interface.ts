import type { Delivery } from './delivery.interface.js';
import type { Upload } from './upload.interface.js';

/**
 * Something that happened to an upload, in this process or another one that shares it.
 *
 * @publicApi
 */
export type UploadEvent =
  | {
      /** What happened. */
      readonly type: 'created' | 'progress' | 'finished' | 'terminated' | 'expired' | 'quarantined';
      /** The upload as it was right afterwards. */
      readonly upload: Upload;
    }
  | {
      /** An `@OnUploadFinished()` handler was given up on. */
      readonly type: 'failed';
      /** The upload as it was then. */
      readonly upload: Upload;
      /** What was given up, and why. */
      readonly delivery: Delivery;
    };
