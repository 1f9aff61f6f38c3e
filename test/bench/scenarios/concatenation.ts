import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { ours, tusd } from '../contenders.js';
import { Connection } from '../load/connection.js';
import {
  append,
  assertAnswer,
  concatenation as concatenationOf,
  createdPath,
  creation,
  sendPieces,
  termination,
} from '../load/tus-requests.js';
import type { Place } from '../servers/bench-server.js';
import { runCommand } from './command.js';
import { observe } from './observe.js';
import { enter, type Stage } from './over-http.js';
import type { Entrant, Sample, Scenario } from './scenario.interface.js';

const PIECE = Buffer.alloc(1024 * 1024, 'nestjs-tus');
const PIECES = 128;
const PARTS = 8;

async function makePart(connection: Connection): Promise<string> {
  const size = PIECES * PIECE.length;
  const answer = await connection.request(creation(size, ['Upload-Concat: partial']));
  const path = createdPath(answer);
  assertAnswer(await sendPieces(connection, append(path, 0, size), PIECE, PIECES), 204);
  return path;
}

async function makeParts({ server }: Stage): Promise<string[]> {
  const connection = await Connection.open(server.port);
  const paths: string[] = [];
  for (let part = 0; part < PARTS; part++) paths.push(await makePart(connection));
  connection.close();
  return paths;
}

async function concatenate({ server }: Stage, paths: readonly string[]): Promise<Sample> {
  const connection = await Connection.open(server.port);
  const { result, cpu, use } = await observe([server], async () => {
    const start = performance.now();
    const path = createdPath(await connection.request(concatenationOf(paths)));
    return { path, seconds: (performance.now() - start) / 1000 };
  });
  assertAnswer(await connection.request(termination(result.path)), 204);
  connection.close();
  return { figure: result.seconds, cpu, ...use };
}

const cat: Entrant = {
  name: 'cat',
  kind: 'floor',
  label: '`cat`',
  promise: 'nothing is flushed',
  async open({ folder }: Place) {
    const parts = Array.from({ length: PARTS }, (_, part) => join(folder, `part-${part}`));
    for (const path of parts) {
      const file = await open(path, 'w');
      for (let written = 0; written < PIECES; written++) await file.write(PIECE);
      await file.close();
    }
    const made = join(folder, 'made');
    const args = ['-c', 'made="$0"; cat "$@" > "$made"', made, ...parts];
    return { measure: () => runCommand('sh', args, made), close: () => Promise.resolve() };
  },
};

export const concatenation: Scenario = {
  name: 'concatenation',
  title: `A final upload of ${PARTS} parts of ${PIECES} MiB`,
  unit: 's',
  per: 'GiB',
  entrants: [
    ...[ours('fastify', 'none'), ours('fastify'), ...tusd()].map((contender) =>
      enter(contender, { prepare: makeParts, measure: concatenate }),
    ),
    cat,
  ],
};
