import type { StoredAnswer, UploadRecord } from '../../registry/index.js';
import type { Located } from '../../storage/index.js';

/** An upload whose bytes are all there and durable, and which is not finished yet. */
export interface Finishing {
  readonly record: UploadRecord;
  /** Where its bytes are. */
  readonly located: Located;
}

/** What was decided on an upload that is about to be finished. */
export type Verdict =
  | {
      readonly kind: 'accepted';
      /** What its client is to be told, now and whenever it asks for the last answer again. */
      readonly answer?: StoredAnswer;
    }
  | {
      readonly kind: 'refused';
      readonly answer: StoredAnswer;
      /** Whether its bytes are kept, out of the client's reach. */
      readonly quarantine: boolean;
      /** What to throw to the request that brought the last byte. */
      readonly error?: unknown;
    };

/** Who decides whether an upload may be finished. */
export interface FinishPolicy {
  /** Whether there is a hook to ask about an upload. */
  guards(record: UploadRecord): boolean;

  /** What it throws is a fault, not a verdict: the upload stays as it is, and is asked about again. */
  decide(finishing: Finishing): Promise<Verdict>;
}

/** What a client is told to try again, beside 5xx: not the last word on its upload. */
const PASSING_STATUSES = [408, 423, 425, 429];

/** Whether a status is the last word on an upload, and says no. */
export function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && !PASSING_STATUSES.includes(status);
}
