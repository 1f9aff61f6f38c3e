import type { Scenario } from '../scenario.interface.js';
import { classic } from './classic.js';
import { cleanup } from './cleanup.js';
import { create } from './create.js';
import { head } from './head.js';
import { resume } from './resume.js';
import { start } from './start.js';
import { workers } from './workers.js';

/** What is compared where records are in PostgreSQL, as several machines need it. */
export const onPostgres: readonly Scenario[] = [
  create,
  head,
  classic,
  resume,
  cleanup,
  start,
  workers,
];
