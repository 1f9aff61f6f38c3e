import type { UploadRecord } from '../../registry/index.js';
import type { Answer } from './answer.js';

/** What came of a request. */
export interface Outcome {
  /** What its client is told; absent: the client has gone, or was told already. */
  readonly answer?: Answer;
  /** Whether the answer is out. */
  readonly isAnswered?: true;
  /** What kept the answer from being sent whole. */
  readonly fault?: Error;
  /** The upload, if this request finished it. */
  readonly finished?: UploadRecord;
  /** The upload, if its endpoint is yet to complete the answer. */
  readonly unanswered?: UploadRecord;
}
