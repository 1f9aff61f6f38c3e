import fc from 'fast-check';
import { aborts } from './abort.js';
import { appends, repeats } from './append.js';
import type { Model } from './command.js';
import { crashes } from './crash.js';
import { creations } from './create.js';
import { races } from './race.js';
import { cleanups, deletions, looks, moves, sweeps, terminations } from './use.js';
import type { World } from '../world.js';

export { Model } from './command.js';

/** Any step, those that tell most most often; crashes are few, for they take longest. */
export const steps: fc.Arbitrary<fc.AsyncCommand<Model, World>> = fc.oneof(
  { weight: 8, arbitrary: creations },
  { weight: 16, arbitrary: appends },
  { weight: 5, arbitrary: repeats },
  { weight: 6, arbitrary: looks },
  { weight: 8, arbitrary: aborts },
  { weight: 12, arbitrary: races },
  { weight: 2, arbitrary: deletions },
  { weight: 1, arbitrary: terminations },
  { weight: 3, arbitrary: moves },
  { weight: 3, arbitrary: cleanups },
  { weight: 1, arbitrary: sweeps },
  { weight: 4, arbitrary: crashes },
);
