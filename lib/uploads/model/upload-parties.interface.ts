import type { Completion } from './completion.interface.js';
import type { FinishGate } from './finish-gate.interface.js';
import type { UploadObserver } from './upload-observer.interface.js';

/** Who has a say in what becomes of uploads, and who is told of it. */
export interface UploadParties {
  readonly completion: Completion;
  readonly observer: UploadObserver;
  /** Decides on an upload that is found complete, with no request at hand. */
  readonly gate: FinishGate;
}
