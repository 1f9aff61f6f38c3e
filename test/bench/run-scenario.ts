import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { resultOf, type Result } from './report/results.js';
import { settleDisk } from './scenarios/command.js';
import type { Bench, Entrant, Sample, Scenario } from './scenarios/index.js';
import { removeTempFolder } from '../support/temp-folder.js';

/** How scenarios are run. */
export interface RunOptions {
  readonly rounds: number;
  /** Folder below which servers lie; it must be on a disk. */
  readonly folder: string;
  /** Folder for profiles of the servers' processors; absent: none are made. */
  readonly profiles?: string;
}

interface Lane {
  readonly entrant: Entrant;
  readonly folder: string;
  readonly samples: Sample[];
  bench?: Bench;
}

/** Measures all entrants of a scenario in turn, in another order each round. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<Result> {
  const lanes = scenario.entrants.map((entrant, index): Lane => {
    return { entrant, folder: join(options.folder, `${scenario.name}-${index}`), samples: [] };
  });
  try {
    if (!scenario.fresh) for (const lane of lanes) await open(lane, scenario, options);
    for (let round = 0; round < options.rounds; round++) {
      for (const lane of shuffled(lanes)) await sample(lane, scenario, options);
    }
    return resultOf(scenario, lanes);
  } finally {
    for (const lane of lanes) await close(lane);
  }
}

async function sample(lane: Lane, scenario: Scenario, options: RunOptions): Promise<void> {
  const bench = lane.bench ?? (await open(lane, scenario, options));
  await settleDisk();
  try {
    lane.samples.push(await bench.measure());
  } catch (cause) {
    throw new Error(`${lane.entrant.label} failed in ${scenario.name}.`, { cause });
  }
  if (scenario.fresh) await close(lane);
}

async function open(lane: Lane, scenario: Scenario, { profiles }: RunOptions): Promise<Bench> {
  const { entrant, folder } = lane;
  await mkdir(folder, { recursive: true });
  const target = profiles && join(profiles, `${basename(folder)}-${entrant.name}`);
  const nodeOptions = target ? ['--cpu-prof', `--cpu-prof-dir=${target}`] : [];
  lane.bench = await entrant.open({ folder, nodeOptions });
  return lane.bench;
}

async function close(lane: Lane): Promise<void> {
  await lane.bench?.close();
  lane.bench = undefined;
  await removeTempFolder(lane.folder);
}

/** So that nobody always comes after the same neighbour. */
function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
