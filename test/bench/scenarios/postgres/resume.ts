import { Connection } from '../../load/connection.js';
import { createdPath, creation } from '../../load/tus-requests.js';
import { median } from '../../report/statistics.js';
import { observe } from '../observe.js';
import { LENGTH, stall, takeOver } from '../resume.js';
import type { Sample, Scenario } from '../scenario.interface.js';
import {
  enterDatabase,
  oursOnPostgres,
  PLATFORMS,
  type DatabaseStage,
} from './database-contenders.js';

const TAKE_OVERS = 200;

/** An upload that goes to and fro: its client falls silent at one machine, and comes back at the other. */
async function takeOverByTurns({ servers, folder }: DatabaseStage, times: number) {
  const stages = servers.map((server) => ({ server, folder }));
  const [first, second] = stages;
  if (!first || !second) throw new Error('There are not two machines.');
  const connection = await Connection.open(first.server.port);
  const path = createdPath(await connection.request(creation(LENGTH)));
  connection.close();
  const milliseconds: number[] = [];
  for (let time = 0; time < times; time++) {
    const [holder, taker] = time % 2 === 0 ? [first, second] : [second, first];
    const silent = await stall(holder, path, 2 * time);
    milliseconds.push(await takeOver(taker, path, 2 * time + 1));
    silent.close();
  }
  return milliseconds;
}

async function measure(stage: DatabaseStage): Promise<Sample> {
  const { result, cpu, use } = await observe(stage.servers, () =>
    takeOverByTurns(stage, TAKE_OVERS),
  );
  return { figure: median(result), cpu: cpu / TAKE_OVERS, ...use };
}

export const resume: Scenario = {
  name: 'postgres:resume',
  title: 'HEAD and PATCH that take over from a stalled PATCH at another machine',
  unit: 'ms',
  per: 'take-over',
  needs: 'PostgreSQL',
  entrants: PLATFORMS.map((platform) =>
    enterDatabase(
      { ...oursOnPostgres(platform), count: 2 },
      { prepare: (stage) => takeOverByTurns(stage, TAKE_OVERS / 2), measure },
    ),
  ),
};
