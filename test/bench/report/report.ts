import type { Environment } from './environment.js';
import type { Result } from './results.js';
import { LEGEND, tableOf } from './table.js';

/** Everything that was measured, as `--json` writes it. */
export interface Report extends Environment {
  readonly results: readonly Result[];
}

/** The report as Markdown: the table, and what it was measured on. */
export function describeReport({ date, machine, versions, results }: Report): string {
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    tableOf(results),
    '',
    LEGEND,
    '',
    `Measured on ${date}, ${roundsOf(results)}: ${machine}; ${list.join(', ')}.`,
  ].join('\n');
}

/** How often everyone was measured, which may differ between scenarios. */
function roundsOf(results: readonly Result[]): string {
  const rounds = results.flatMap(({ rows }) => rows.map(({ samples }) => samples.length));
  const [least, most] = [Math.min(...rounds), Math.max(...rounds)];
  if (most === 1) return 'one round';
  return `medians of ${least === most ? most : `${least} to ${most}`} rounds`;
}
