import { BROKEN } from './broken.js';
import type { Errand } from './errand.js';
import { REFUSED } from './refused.js';
import { WHOLE } from './whole.js';

export type * from './errand.js';

/** All that clients come for. */
export const ERRANDS: readonly Errand[] = [...WHOLE, ...BROKEN, ...REFUSED];
