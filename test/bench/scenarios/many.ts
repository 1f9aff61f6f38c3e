import { setImmediate as nextTurn } from 'node:timers/promises';
import { ours, tusd, tusServer, writes } from '../contenders.js';
import { Connection } from '../load/connection.js';
import { append, assertAnswer, createdPath, creation, sendPieces } from '../load/tus-requests.js';
import { observe } from './observe.js';
import { enter, removeBytes, type Stage } from './over-http.js';
import type { Sample, Scenario } from './scenario.interface.js';

const UPLOADS = 200;
const PIECE = Buffer.alloc(64 * 1024, 'nestjs-tus');
const PIECES = 128;
const SIZE = PIECE.length * PIECES;

/** Uploads begun on a connection each. */
function begin({ server }: Stage, count: number): Promise<[Connection, string][]> {
  const one = async (): Promise<[Connection, string]> => {
    const connection = await Connection.open(server.port);
    return [connection, createdPath(await connection.request(creation(SIZE)))];
  };
  return Promise.all(Array.from({ length: count }, one));
}

/** Sends all of them at once, each in pieces that arrive between those of the others. */
async function sendAll(uploads: readonly [Connection, string][]): Promise<number> {
  const start = performance.now();
  const send = async ([connection, path]: [Connection, string]): Promise<void> => {
    const head = append(path, 0, SIZE);
    assertAnswer(await sendPieces(connection, head, PIECE, PIECES, nextTurn), 204, SIZE);
    connection.close();
  };
  await Promise.all(uploads.map(send));
  return (performance.now() - start) / 1000;
}

async function warmUp(stage: Stage): Promise<void> {
  for (let round = 0; round < 4; round++) await sendAll(await begin(stage, 4));
  await removeBytes(stage.folder);
}

async function measure(stage: Stage): Promise<Sample> {
  const uploads = await begin(stage, UPLOADS);
  const { result, cpu, use } = await observe([stage.server], () => sendAll(uploads));
  await removeBytes(stage.folder);
  return { figure: result, cpu: cpu / ((UPLOADS * SIZE) / 1024 ** 3), ...use };
}

const contenders = [
  ours('fastify'),
  ours('fastify', 'none'),
  ours('express', 'none'),
  tusServer(),
  ...tusd(),
  writes,
];

export const many: Scenario = {
  name: 'many',
  title: `${UPLOADS} PATCHes of 8 MiB at once, in pieces of 64 KiB`,
  unit: 's',
  per: 'GiB',
  fresh: true,
  entrants: contenders.map((contender) => enter(contender, { prepare: warmUp, measure })),
};
