import type { Delivery } from './delivery.interface.js';
import type { Upload } from './upload.interface.js';

/**
 * Something that happened to an upload, in this process or another one that shares it.
 *
 * @publicApi
 */
export type UploadEvent =
  | {
      readonly type: 'created' | 'progress' | 'finished' | 'terminated' | 'expired' | 'quarantined';
      /** The upload as it was right afterwards. */
      readonly upload: Upload;
    }
  | {
      /** An `@OnUploadFinished()` handler was given up on. */
      readonly type: 'failed';
      readonly upload: Upload;
      readonly delivery: Delivery;
    };
