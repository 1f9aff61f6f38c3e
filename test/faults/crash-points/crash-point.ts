import type { UploadState } from '../../../lib/index.js';
import type { Point } from './points.js';

/** What a client is told that asks where its upload stands, then sends its last request again. */
export const COMPLETE = 'HEAD 200 at 8, PATCH 200 checked';
export const ANSWERED = 'HEAD 200 at 8, PATCH 200 {"added":8}';
export const REFUSED =
  'HEAD 422, PATCH 422 {"message":"Told to refuse.","error":"Unprocessable Entity","statusCode":422}';

/** The same where the IETF's protocol is spoken. */
export const IETF_COMPLETE = 'HEAD 204 at 8, PATCH 200 checked';
export const IETF_ANSWERED = 'HEAD 204 at 8, PATCH 200 {"added":8}';
export const IETF_REFUSED = REFUSED.replace('HEAD 422', 'HEAD 204 at 8');

/** Where a process dies over an upload, and what becomes of that upload afterwards. */
export interface CrashPoint {
  /** When the process died. */
  readonly died: string;
  /** The same as the upload's metadata say it: all of these were reached. */
  readonly at: Point | `${Point}|${Point}`;
  /** Creation URL. */
  readonly to?: '/files' | '/removing' | '/videos' | '/clips';
  /** Whether it is sent, and asked for, by the IETF's protocol; by that of tus unless set. */
  readonly by?: 'ietf';
  /** Whether it is sent as two partial uploads, and dies as the final one. */
  readonly inParts?: true;
  /** Further metadata: what the app's methods are to do. */
  readonly with?: Readonly<Record<string, string>>;
  /** What the client is told once the server is back. */
  readonly told: string;
  /** What the app's hook, handler or method saw; the dagger is the death. */
  readonly calls: string;
  readonly state: UploadState;
  /** Files of the upload that are left after a cleanup pass. */
  readonly left: string;
}
