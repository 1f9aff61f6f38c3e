import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contender } from '../contenders.js';
import { drive, type Work } from '../load/drive.js';
import type { BenchServer, Place } from '../servers/bench-server.js';
import { observe } from './observe.js';
import type { Entrant, Sample } from './scenario.interface.js';

/** Seconds of work whose figures are thrown away: large frameworks take that long to be compiled. */
export const WARM_UP = 4;

/** A server that was started for a scenario, and where its files lie. */
export interface Stage {
  readonly server: BenchServer;
  readonly folder: string;
}

/** How a scenario uses a server: what it does first, if anything, and what is measured. */
export interface Play<T> {
  prepare(stage: Stage): Promise<T>;
  measure(stage: Stage, prepared: T): Promise<Sample>;
}

/** Lets a contender take part in a scenario. */
export function enter<T>(contender: Contender, play: Play<T>): Entrant {
  const open = async (place: Place) => {
    const server = await contender.start(place);
    const stage = { server, folder: place.folder };
    const prepared = await play.prepare(stage);
    return {
      measure: () => play.measure(stage, prepared),
      close: () => server.stop(),
    };
  };
  return { ...contender, open };
}

/** Makes the work of a rate; called once for each server. */
export type WorkMaker = (stage: Stage) => Work | Promise<Work>;

/** A play of work that is done again and again on many connections, and leaves no bytes behind. */
export function rateOf(make: WorkMaker): Play<Work> {
  return {
    prepare: (stage) => warmUp(stage, make),
    async measure({ server, folder }, work) {
      const sample = await measureRate([server], work);
      await removeBytes(folder);
      return sample;
    },
  };
}

/** A play of work that only asks for what is there. */
export function rateOfAsking(make: WorkMaker): Play<Work> {
  return {
    prepare: (stage) => warmUp(stage, make),
    measure: ({ server }, work) => measureRate([server], work),
  };
}

/** Rate of some work on one or several servers. */
export async function measureRate(servers: readonly BenchServer[], work: Work): Promise<Sample> {
  const ports = servers.map(({ port }) => port);
  const { result, cpu, use } = await observe(servers, () => drive(ports, work));
  return { figure: result.done / result.seconds, cpu: cpu / result.done, ...use };
}

async function warmUp(stage: Stage, make: WorkMaker): Promise<Work> {
  const work = await make(stage);
  await drive([stage.server.port], work, WARM_UP);
  return work;
}

/** Names of files that hold bytes of uploads, or, as peers have it, what is known of them. */
const UPLOAD = /^[0-9a-f]{32}|^\d+$/;

/**
 * Removes the bytes of all uploads at once, so that nothing has to be written to the disk while
 * the next one is measured.
 */
export async function removeBytes(folder: string): Promise<void> {
  const names = await readdir(folder);
  for (const name of names) if (UPLOAD.test(name)) await unlink(join(folder, name));
}
