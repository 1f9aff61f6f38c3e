import fc from 'fast-check';
import { aborts } from './abort.js';
import { appends, repeats } from './append.js';
import type { Model } from './command.js';
import { crashes } from './crash.js';
import { creations } from './create.js';
import { freezes } from './freeze.js';
import { races } from './race.js';
import { restarts } from './restart-database.js';
import { cleanups, deletions, looks, moves, sweeps, terminations } from './use.js';
import type { World } from '../world.js';

export { Model } from './command.js';

type Step = fc.AsyncCommand<Model, World>;

/** Any step, those that tell most most often; crashes are few, for they take longest. */
const usual: fc.WeightedArbitrary<Step>[] = [
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
];

/** What can be done to one machine, or to two that share a database. */
export function stepsFor(areTwo: boolean): fc.Arbitrary<Step> {
  const shared = [
    { weight: 8, arbitrary: freezes },
    { weight: 2, arbitrary: restarts },
  ];
  return fc.oneof(...usual, ...(areTwo ? shared : []));
}
