import { ours, tusd, tusServer } from '../contenders.js';
import { Connection } from '../load/connection.js';
import { append, assertAnswer, createdPath, creation } from '../load/tus-requests.js';
import { median } from '../report/statistics.js';
import { warmUp } from './gigabyte.js';
import { observe } from './observe.js';
import { enter, removeBytes, type Stage } from './over-http.js';
import type { Sample, Scenario } from './scenario.interface.js';

const PIECE = Buffer.alloc(1024 * 1024, 'nestjs-tus');

/** Sends an upload in one PATCH; milliseconds from its last byte to the answer. */
async function waitOf(connection: Connection, pieces: number): Promise<number> {
  const size = pieces * PIECE.length;
  const path = createdPath(await connection.request(creation(size)));
  const answer = connection.answer();
  answer.catch(() => undefined);
  await connection.send(append(path, 0, size));
  for (let sent = 0; sent < pieces; sent++) await connection.send(PIECE);
  const start = performance.now();
  assertAnswer(await answer, 204, size);
  return performance.now() - start;
}

async function measure(stage: Stage, pieces: number, times: number): Promise<Sample> {
  const connection = await Connection.open(stage.server.port);
  const { result, cpu, use } = await observe([stage.server], async () => {
    const waits: number[] = [];
    for (let done = 0; done < times; done++) waits.push(await waitOf(connection, pieces));
    return waits;
  });
  connection.close();
  await removeBytes(stage.folder);
  return { figure: median(result), cpu: cpu / times, ...use };
}

function ofSize(size: string, pieces: number, times: number): Scenario {
  const contenders = [ours('fastify'), ours('express'), tusServer(), ...tusd()];
  return {
    name: 'last-byte',
    title: `The wait after the last byte of ${size}`,
    unit: 'ms',
    per: 'upload',
    entrants: contenders.map((contender) =>
      enter(contender, {
        prepare: warmUp,
        measure: (stage) => measure(stage, pieces, times),
      }),
    ),
  };
}

/** How long a client waits when it has sent everything: a flush of what is not on disk yet. */
export const lastByte: readonly Scenario[] = [
  ofSize('1 MiB', 1, 20),
  ofSize('64 MiB', 64, 5),
  ofSize('1 GiB', 1024, 2),
];
