import type { Figure, Measure } from './figures.js';

/** What counts as noise on any machine, as a logarithm. */
const LEAST = 0.15;

/** How one measure of one server is now, by what was kept. */
export interface Comparison {
  readonly scenario: string;
  readonly server: string;
  readonly measure: Measure;
  /** How many times as slow as it was kept; the least of what it is held against says. */
  readonly change: number;
  /** How many times as slow it may seem by the noise of the machine. */
  readonly tolerated: number;
}

/**
 * Holds what was measured against what was kept.
 *
 * Each server of ours is held against the floor, and against a peer. A change of ours shows in both; what
 * has disturbed only one of them shows in one. Noise is how far apart the rounds were, now or then, and how
 * far the peer itself, which has not changed, is from where it was by the floor.
 *
 * @param now all that was measured of some scenarios
 * @param kept all that was kept
 * @param isOurs whether a server is one that may have become slower
 */
export function compare(
  now: readonly Figure[],
  kept: readonly Figure[],
  isOurs: (figure: Figure) => boolean,
): Comparison[] {
  const pairs = now.flatMap((figure) => {
    const before = kept.find((other) => isSame(figure, other));
    return before ? [{ figure, before }] : [];
  });
  const groups = new Map<string, { figure: Figure; before: Figure }[]>();
  for (const pair of pairs.filter(({ figure }) => isOurs(figure))) {
    const { scenario, server, measure } = pair.figure;
    const key = [scenario, server, measure].join('\n');
    groups.set(key, [...(groups.get(key) ?? []), pair]);
  }
  return [...groups.values()].map((group) => {
    const { scenario, server, measure } = group[0].figure;
    const drifts = pairs
      .filter(({ figure }) => !isOurs(figure))
      .filter(({ figure }) => figure.scenario === scenario && figure.measure === measure)
      .map(changeOf);
    const changes = group.map(changeOf);
    const spreads = group.flatMap(({ figure, before }) => [figure.spread, before.spread]);
    const noise = Math.max(LEAST, ...spreads, ...drifts.map(Math.abs));
    const change = Math.min(...changes);
    return { scenario, server, measure, change: Math.exp(change), tolerated: Math.exp(noise) };
  });
}

/** Whether a server has become slower by more than noise. */
export function isSlower({ change, tolerated }: Comparison): boolean {
  return change > tolerated;
}

function changeOf({ figure, before }: { figure: Figure; before: Figure }): number {
  return Math.log(figure.ratio / before.ratio);
}

function isSame(a: Figure, b: Figure): boolean {
  return (
    a.scenario === b.scenario &&
    a.server === b.server &&
    a.measure === b.measure &&
    a.beside === b.beside
  );
}
