import type { LoopDelay } from '../servers/usage.js';
import type { Result, Row } from './results.js';

const MIB = 1024 * 1024;

/** Share of a processor from which on the driver may be what limits a rate. */
const DRIVER_BOUND = 0.9;

/** What the marks in a table mean. */
export const LEGEND =
  '`×` after a comma: by `@tus/server`, round by round; in the last column, by the first row of ' +
  'the scenario that is no upload server, or a single process. `+`: above what there was before. ' +
  'Event loop late by: median, 99 of 100, longest. `*`: the driver had no more to give.';

const HEADINGS = [
  'Scenario',
  'Server',
  'Promise',
  'Rate or time',
  'Processor',
  'Peak memory',
  'Event loop late by',
  'To the floor',
];

/** All results as one table of Markdown. */
export function tableOf(results: readonly Result[]): string {
  const lines = [HEADINGS, HEADINGS.map(() => '---'), ...results.flatMap(linesOf)];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function linesOf(result: Result): string[][] {
  return result.rows.map((row, index) => [
    index === 0 ? result.title : '',
    row.label,
    row.promise,
    withRatio(figureOf(row, result), row.toPeer?.figure),
    withRatio(cpuOf(row, result), row.toPeer?.cpu),
    withRatio(memoryOf(row), row.toPeer?.peakMemory),
    delayOf(row.median.delay),
    floorOf(row),
  ]);
}

function figureOf({ median }: Row, { unit }: Result): string {
  const mark = (median.driver ?? 0) >= DRIVER_BOUND ? '\\*' : '';
  return unit === '/s' ? `${digits(median.figure)}/s${mark}` : `${digits(median.figure)} ${unit}`;
}

function cpuOf({ median }: Row, { per }: Result): string {
  return median.cpu === undefined ? '' : `${duration(median.cpu)}/${per}`;
}

function memoryOf({ median }: Row): string {
  const { peakMemory, grownMemory } = median;
  if (peakMemory === undefined) return '';
  const grown = grownMemory === undefined ? '' : ` (+${digits(grownMemory / MIB)})`;
  return `${digits(peakMemory / MIB)} MiB${grown}`;
}

function delayOf(delay: LoopDelay | undefined): string {
  if (!delay) return '';
  return `${[delay.p50, delay.p99, delay.longest].map(digits).join(' / ')} ms`;
}

function floorOf({ toFloor }: Row): string {
  if (toFloor?.figure === undefined) return '';
  const cpu = toFloor.cpu === undefined ? '' : `, processor ${digits(toFloor.cpu)}×`;
  return `${digits(toFloor.figure)}×${cpu}`;
}

function withRatio(text: string, ratio: number | undefined): string {
  return ratio === undefined || text === '' ? text : `${text}, ${digits(ratio)}×`;
}

function duration(seconds: number): string {
  return seconds < 0.1 ? `${digits(seconds * 1000)} ms` : `${digits(seconds)} s`;
}

/** Three digits that mean something, no matter how large the number is. */
function digits(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(value < 10 ? 2 : 3)));
}
