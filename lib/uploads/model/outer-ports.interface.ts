import type { Completion } from './completion.interface.js';
import type { FinishPolicy } from './finish-policy.interface.js';
import type { UploadObserver } from './upload-observer.interface.js';

/** Who has a say in what becomes of uploads, and who is told of it. */
export interface OuterPorts {
  readonly completion: Completion;
  readonly observer: UploadObserver;
  /** Decides on an upload that is found complete, with no request at hand. */
  readonly policy: FinishPolicy;
}
