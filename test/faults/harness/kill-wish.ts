import type { Moment } from './actors/index.js';

/** When a server is to be killed for the sake of a moment. */
export interface KillWish {
  /** How often, at least and at most, the moment comes before. */
  readonly least: number;
  readonly most: number;
  /** Most milliseconds from the last of them to the kill. */
  readonly delay: number;
}

const USUAL: KillWish = { least: 1, most: 10, delay: 12 };

/** For moments that come seldom, and last. */
const SELDOM: Partial<Record<Moment, KillWish>> = {
  concatenation: { least: 1, most: 1, delay: 20 },
  cleanup: { least: 2, most: 2, delay: 30 },
  eio: { least: 1, most: 1, delay: 400 },
};

export function wishFor(moment: Moment): KillWish {
  return SELDOM[moment] ?? USUAL;
}
