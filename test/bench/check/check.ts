import type { Result } from '../report/results.js';
import type { Scenario } from '../scenarios/index.js';
import { figuresOf, keptFigures, type Figure } from './figures.js';
import { compare, isSlower, type Comparison } from './slower.js';

const HEADINGS = ['Scenario', 'Server', 'Measure', 'To what was kept', 'Tolerated', ''];

/** How all that was measured is by what was kept. */
export interface Verdict {
  readonly comparisons: readonly Comparison[];
  /** Of those, what was slower twice. */
  readonly slower: readonly Comparison[];
}

/** Scenarios with servers that ours can be held against. */
export function canBeChecked({ entrants, needs }: Scenario): boolean {
  const hasOther = entrants.some(({ kind, name }) => kind === 'floor' || name === 'tus-server');
  return hasOther && !needs && entrants.some(({ kind }) => kind === 'ours');
}

/**
 * Holds servers of ours against what was kept. A scenario in which one has become slower is measured once
 * more, and counts only if it has again.
 *
 * @throws Error where nothing was kept that could be compared
 */
export async function check(
  scenarios: readonly Scenario[],
  measure: (scenario: Scenario) => Promise<Result>,
): Promise<Verdict> {
  const kept = await keptFigures();
  const look = async (scenario: Scenario) => compared(await measure(scenario), kept);
  const comparisons: Comparison[] = [];
  const slower: Comparison[] = [];
  for (const scenario of scenarios) {
    const first = await look(scenario);
    comparisons.push(...first);
    const suspects = first.filter(isSlower);
    if (suspects.length === 0) continue;
    const again = (await look(scenario)).filter(isSlower);
    slower.push(...again.filter((one) => suspects.some((other) => isSame(one, other))));
  }
  if (comparisons.length === 0) {
    throw new Error('Nothing was kept of what was measured: run the whole bench first.');
  }
  return { comparisons, slower };
}

/** What came of it, as Markdown. */
export function describeVerdict({ comparisons, slower }: Verdict): string {
  const lines = comparisons.map((one) => [
    one.scenario,
    one.server,
    one.measure,
    `${one.change.toFixed(2)}×`,
    `${one.tolerated.toFixed(2)}×`,
    slower.some((other) => isSame(one, other)) ? 'slower' : isSlower(one) ? 'once' : '',
  ]);
  return [HEADINGS, HEADINGS.map(() => '---'), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function compared(result: Result, kept: readonly Figure[]): Comparison[] {
  const ours = new Set(result.rows.filter(({ kind }) => kind === 'ours').map(({ label }) => label));
  return compare(figuresOf(result), kept, ({ server }) => ours.has(server));
}

function isSame(a: Comparison, b: Comparison): boolean {
  return a.scenario === b.scenario && a.server === b.server && a.measure === b.measure;
}
