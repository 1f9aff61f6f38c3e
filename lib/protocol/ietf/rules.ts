import type { AppendSizes } from './limits.js';

/** How a route speaks the IETF's protocol. */
export interface IetfRules {
  /** The interop versions that are spoken. */
  readonly versions: readonly number[];
  /** Whether `104 Upload Resumption Supported` is sent. */
  readonly informational: boolean;
  /** Whether tus is spoken too. */
  readonly besideTus: boolean;
  readonly sizes: AppendSizes;
}
