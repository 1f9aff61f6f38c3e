import type { Environment } from './environment.js';
import type { Result } from './results.js';
import { LEGEND, tableOf } from './table.js';

/** Everything that was measured, as `--json` writes it. */
export interface Report extends Environment {
  /** Samples of each entrant. */
  readonly rounds: number;
  readonly results: readonly Result[];
}

/** The report as Markdown: the table, and what it was measured on. */
export function describeReport({ date, machine, versions, rounds, results }: Report): string {
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    tableOf(results),
    '',
    LEGEND,
    '',
    `Measured on ${date}, ${rounds === 1 ? 'one round' : `medians of ${rounds} rounds`}: ` +
      `${machine}; ${list.join(', ')}.`,
  ].join('\n');
}
