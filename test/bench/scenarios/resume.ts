import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ours, tusd, tusServer } from '../contenders.js';
import { Connection } from '../load/connection.js';
import { append, assertAnswer, createdPath, creation, status } from '../load/tus-requests.js';
import { median } from '../report/statistics.js';
import { observe } from './observe.js';
import { enter, type Stage } from './over-http.js';
import type { Sample, Scenario } from './scenario.interface.js';

/** Bytes of the upload that is taken over, of which few come. */
export const LENGTH = 1_000_000;
const BYTE = Buffer.from('x');

/** Take-overs of a sample: few of a server that needs seconds for each. */
const TAKE_OVERS = { ours: 200, peer: 2 };

async function untilStored({ folder }: Stage, path: string, size: number): Promise<void> {
  const file = join(folder, basename(path));
  const stored = () =>
    stat(file).then(
      (found) => found.size,
      () => 0,
    );
  while ((await stored()) < size) await nextTurn();
}

/** Sends one byte of a PATCH that announces more, and falls silent. */
export async function stall(stage: Stage, path: string, offset: number): Promise<Connection> {
  const connection = await Connection.open(stage.server.port);
  await connection.send(append(path, offset, 1000));
  await connection.send(BYTE);
  await untilStored(stage, path, offset + 1);
  return connection;
}

/** Comes back on a new connection; resolves to milliseconds from HEAD to the answer to PATCH. */
export async function takeOver({ server }: Stage, path: string, offset: number): Promise<number> {
  const connection = await Connection.open(server.port);
  const start = performance.now();
  assertAnswer(await connection.request(status(path)), 200, offset);
  assertAnswer(await connection.request(append(path, offset, 1), BYTE), 204, offset + 1);
  const milliseconds = performance.now() - start;
  connection.close();
  return milliseconds;
}

async function takeOverAgainAndAgain(stage: Stage, times: number): Promise<number[]> {
  const connection = await Connection.open(stage.server.port);
  const path = createdPath(await connection.request(creation(LENGTH)));
  connection.close();
  const milliseconds: number[] = [];
  for (let offset = 0; offset < 2 * times; offset += 2) {
    const silent = await stall(stage, path, offset);
    milliseconds.push(await takeOver(stage, path, offset + 1));
    silent.close();
  }
  return milliseconds;
}

async function measure(stage: Stage, times: number): Promise<Sample> {
  const { result, cpu, use } = await observe([stage.server], () =>
    takeOverAgainAndAgain(stage, times),
  );
  return { figure: median(result), cpu: cpu / times, ...use };
}

const contenders = [ours('fastify'), ours('express'), tusServer(), ...tusd()];

export const resume: Scenario = {
  name: 'resume',
  title: 'HEAD and PATCH that take over from a stalled PATCH',
  unit: 'ms',
  per: 'take-over',
  entrants: contenders.map((contender) => {
    const times = contender.kind === 'ours' ? TAKE_OVERS.ours : TAKE_OVERS.peer;
    return enter(contender, {
      prepare: (stage) => takeOverAgainAndAgain(stage, times / 2),
      measure: (stage) => measure(stage, times),
    });
  }),
};
