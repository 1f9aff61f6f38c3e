import { ours, tusServer, type Contender } from '../contenders.js';
import { Connection } from '../load/connection.js';
import { createdPath, assertAnswer, creation, status } from '../load/tus-requests.js';
import type { BenchServer, Place } from '../servers/bench-server.js';
import type { Filling } from '../servers/settings.js';
import type { Entrant, Sample, Scenario } from './scenario.interface.js';

async function makeUpload(server: BenchServer): Promise<string> {
  const connection = await Connection.open(server.port);
  const path = createdPath(await connection.request(creation(1000)));
  connection.close();
  return path;
}

async function ask(server: BenchServer, path: string): Promise<void> {
  const connection = await Connection.open(server.port);
  assertAnswer(await connection.request(status(path)), 200, 0);
  connection.close();
}

/** Milliseconds from the start of the process to its first answer about an upload. */
async function start(contender: Contender, place: Place, path: string): Promise<Sample> {
  const begin = performance.now();
  const server = await contender.start(place);
  await ask(server, path);
  const figure = performance.now() - begin;
  const { cpu, peakMemory } = await server.usage();
  await server.stop();
  return { figure, cpu, peakMemory };
}

function entrant(contender: Contender, uploads: number): Entrant {
  const open = async (place: Place) => {
    const server = await contender.start(place);
    await server.ask('fill', { unexpired: uploads, expired: 0 } satisfies Filling);
    const path = await makeUpload(server);
    await server.stop();
    return { measure: () => start(contender, place, path), close: () => Promise.resolve() };
  };
  return { ...contender, open };
}

function scenario(uploads: number): Scenario {
  return {
    name: `start:${uploads}`,
    title: `Start to first answer with ${uploads.toLocaleString('en')} uploads`,
    unit: 'ms',
    per: 'start',
    entrants: [ours('fastify'), ours('express'), tusServer()].map((contender) =>
      entrant(contender, uploads),
    ),
  };
}

export const starts: readonly Scenario[] = [scenario(0), scenario(100_000)];
