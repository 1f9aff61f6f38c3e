import { readFile, writeFile } from 'node:fs/promises';
import { formatted } from '../../support/written-page.js';
import type { Report } from '../report/report.js';
import type { Result, Row } from '../report/results.js';
import type { Sample } from '../scenarios/index.js';
import { median } from '../report/statistics.js';

const PATH = new URL('../../../../test/bench/figures.json', import.meta.url);

/** The servers that ours are held against, because our changes leave them as they are. */
export type Beside = 'floor' | 'peer';

/** What is compared. */
export type Measure = 'time' | 'processor';

/** How much one server needed by another one, in one scenario. */
export interface Figure {
  readonly scenario: string;
  readonly server: string;
  readonly measure: Measure;
  readonly beside: Beside;
  /** How many times as much; more is slower, also where the scenario tells a rate. Median of the rounds. */
  readonly ratio: number;
  /** How far the round lies from it that is farthest, as a logarithm: 0.1 is about a tenth. */
  readonly spread: number;
}

/** What a run has measured, as it is kept: by scenario, server, and what is compared with what. */
interface KeptFigures {
  readonly date: string;
  readonly machine: string;
  readonly figures: Readonly<
    Record<string, Readonly<Record<string, Readonly<Record<string, Kept>>>>>
  >;
}

type Kept = readonly [ratio: number, spread: number];

const MEASURES: readonly Measure[] = ['time', 'processor'];

/** How all servers of a scenario did by its floor and by `@tus/server`. */
export function figuresOf(result: Result): Figure[] {
  const others: [Beside, Row | undefined][] = [
    ['floor', result.rows.find(({ kind }) => kind === 'floor')],
    ['peer', result.rows.find(({ name }) => name === 'tus-server')],
  ];
  return result.rows.flatMap((row) =>
    others.flatMap(([beside, other]) =>
      other && other !== row ? figuresBeside(result, row, beside, other) : [],
    ),
  );
}

/** Keeps what a whole run has measured, for later ones to be held against. */
export async function keepFigures({ date, machine, results }: Report): Promise<void> {
  const figures: Record<string, Record<string, Record<string, Kept>>> = {};
  for (const figure of results.flatMap(figuresOf)) {
    const { scenario, server, ratio, spread } = figure;
    const ofServer = ((figures[scenario] ??= {})[server] ??= {});
    ofServer[keyOf(figure)] = [rounded(ratio), rounded(spread)];
  }
  const kept: KeptFigures = { date, machine, figures };
  await writeFile(PATH, await formatted(JSON.stringify(kept), 'json'));
}

/** What was kept of the last whole run. */
export async function keptFigures(): Promise<Figure[]> {
  const { figures } = JSON.parse(await readFile(PATH, 'utf8')) as KeptFigures;
  return Object.entries(figures).flatMap(([scenario, servers]) =>
    Object.entries(servers).flatMap(([server, ofServer]) =>
      Object.entries(ofServer).map(([key, [ratio, spread]]) => {
        const [measure, beside] = key.split(' by ') as [Measure, Beside];
        return { scenario, server, measure, beside, ratio, spread };
      }),
    ),
  );
}

function keyOf({ measure, beside }: Figure): string {
  return `${measure} by ${beside}`;
}

function figuresBeside(result: Result, row: Row, beside: Beside, other: Row): Figure[] {
  return MEASURES.flatMap((measure) => {
    const ratios = row.samples
      .map(
        (sample, round) =>
          need(result, measure, sample) / need(result, measure, other.samples[round]),
      )
      .filter((ratio) => Number.isFinite(ratio) && ratio > 0);
    if (ratios.length === 0) return [];
    const ratio = median(ratios);
    const spread = Math.max(...ratios.map((each) => Math.abs(Math.log(each / ratio))));
    return [{ scenario: result.title, server: row.label, measure, beside, ratio, spread }];
  });
}

/** What a piece of work has taken; `NaN` where it was not measured. */
function need({ unit }: Result, measure: Measure, sample: Sample | undefined): number {
  if (measure === 'processor') return sample?.cpu ?? NaN;
  const figure = sample?.figure ?? NaN;
  return unit === '/s' ? 1 / figure : figure;
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
