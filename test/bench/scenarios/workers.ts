import { ours, type Contender } from '../contenders.js';
import { drive } from '../load/drive.js';
import type { Place } from '../servers/bench-server.js';
import { createOne } from './create.js';
import { measureRate } from './over-http.js';
import type { Entrant, Scenario } from './scenario.interface.js';

/** Processes on one folder, each with a port of its own, as behind a load balancer. */
function processes(contender: Contender, count: number): Entrant {
  const open = async (place: Place) => {
    const servers = await Promise.all(Array.from({ length: count }, () => contender.start(place)));
    await drive(
      servers.map(({ port }) => port),
      createOne,
    );
    return {
      measure: () => measureRate(servers, createOne),
      close: async () => void (await Promise.all(servers.map((server) => server.stop()))),
    };
  };
  const label = `${contender.label}, ${count} ${count === 1 ? 'process' : 'processes'}`;
  // One process is what several are measured against.
  return { ...contender, label, kind: count === 1 ? 'floor' : contender.kind, open };
}

export const workers: Scenario = {
  name: 'workers',
  title: 'Creations by processes that share a folder',
  unit: '/s',
  per: 'creation',
  entrants: [2, 1].map((count) => processes(ours('fastify'), count)),
};
