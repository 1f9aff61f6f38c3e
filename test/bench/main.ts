// Measures this library beside other tus servers, and beside servers that do less. Run by
// `npm run bench`; options, for instance: npm run bench -- --only create,head --rounds 3
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { formatted, writeIntoPage } from '../support/written-page.js';
import { removeTempFolder } from '../support/temp-folder.js';
import { canBeChecked, check, describeVerdict } from './check/check.js';
import { keepFigures } from './check/figures.js';
import { endNeeded, startNeeded } from './needs.js';
import { describeEnvironment } from './report/environment.js';
import { describeReport, type Report } from './report/report.js';
import type { Result } from './report/results.js';
import { runScenario } from './run-scenario.js';
import { SCENARIOS, type Scenario } from './scenarios/index.js';

const { values } = parseArgs({
  options: {
    /** Names of scenarios, separated by commas; `cleanup` is all of `cleanup:…`. */
    only: { type: 'string' },
    /** Names of servers, separated by commas. */
    servers: { type: 'string' },
    /** How often everyone is measured. */
    rounds: { type: 'string', default: '5' },
    /** File for all that was measured. */
    json: { type: 'string' },
    /** Folder for profiles of the servers' processors. */
    profile: { type: 'string' },
    /** Fail where a server of ours is slower, by those that do not change, than was kept. */
    check: { type: 'boolean', default: false },
  },
});

const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be a whole number.');

const folder = await mkdtemp(resolve('.bench-'));
try {
  const scenarios = await startNeeded(chosenScenarios());
  await (values.check ? checkAll(scenarios) : reportOn(scenarios));
} finally {
  await endNeeded();
  await removeTempFolder(folder);
}

async function reportOn(scenarios: readonly Scenario[]): Promise<void> {
  const results: Result[] = [];
  for (const scenario of scenarios) results.push(await measure(scenario));
  const report: Report = { ...(await describeEnvironment()), results };
  const text = describeReport(report);
  console.log(`\n${await formatted(text)}`);
  if (values.json) await writeFile(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  const isWhole = values.only === undefined && values.servers === undefined;
  if (!isWhole || values.profile !== undefined) return;
  await writeIntoPage('test/bench/README.md', 'bench', text);
  await keepFigures(report);
}

async function checkAll(scenarios: readonly Scenario[]): Promise<void> {
  const verdict = await check(scenarios, measure);
  console.log(`\n${await formatted(describeVerdict(verdict))}`);
  if (verdict.slower.length > 0) process.exitCode = 1;
}

async function measure(scenario: Scenario): Promise<Result> {
  const profiles = values.profile && resolve(values.profile);
  const start = performance.now();
  const result = await runScenario(scenario, { rounds, profiles, folder: join(folder, 'run') });
  const seconds = Math.round((performance.now() - start) / 1000);
  console.error(`${scenario.name}: ${seconds} s`);
  return result;
}

function chosenScenarios(): Scenario[] {
  const names = values.only?.split(',');
  for (const name of names ?? []) {
    if (SCENARIOS.some((scenario) => isChosen(scenario, [name]))) continue;
    const known = SCENARIOS.map((scenario) => scenario.name).join(', ');
    throw new Error(`There is no scenario ${name}. There are: ${known}.`);
  }
  return SCENARIOS.filter((scenario) => isChosen(scenario, names))
    .filter((scenario) => !values.check || canBeChecked(scenario))
    .map(withChosenServers);
}

function isChosen({ name }: Scenario, names: readonly string[] | undefined): boolean {
  return !names || names.includes(name) || names.includes(name.split(':')[0] ?? '');
}

function withChosenServers(scenario: Scenario): Scenario {
  const names = values.servers?.split(',');
  const entrants = scenario.entrants.filter(({ name }) => !names || names.includes(name));
  return { ...scenario, entrants };
}
