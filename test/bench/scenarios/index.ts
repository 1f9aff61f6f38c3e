import { checksum } from './checksum.js';
import { classic } from './classic.js';
import { cleanup } from './cleanup.js';
import { concatenation } from './concatenation.js';
import { create } from './create.js';
import { deliveries } from './deliveries.js';
import { head } from './head.js';
import { lastByte } from './last-byte.js';
import { many } from './many.js';
import { onPostgres } from './postgres/index.js';
import { protocols } from './protocols.js';
import { resume } from './resume.js';
import type { Scenario } from './scenario.interface.js';
import { onS3 } from './s3/index.js';
import { small } from './small.js';
import { starts } from './start.js';
import { stream } from './stream.js';
import { workers } from './workers.js';

export type * from './scenario.interface.js';

/** Every comparison, in the order in which they are told. */
export const SCENARIOS: readonly Scenario[] = [
  create,
  small,
  classic,
  ...head,
  stream,
  ...lastByte,
  many,
  resume,
  ...deliveries,
  protocols,
  checksum,
  concatenation,
  ...cleanup,
  ...starts,
  workers,
  ...onPostgres,
  ...onS3,
];
