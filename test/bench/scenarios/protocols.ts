import type { TusModuleOptions } from '../../../lib/index.js';
import { ours, type Contender } from '../contenders.js';
import { CONNECTIONS, type Work } from '../load/drive.js';
import { assertAnswer, creationWithUpload, ietfUpload } from '../load/tus-requests.js';
import { enter, rateOf } from './over-http.js';
import type { Entrant, Scenario } from './scenario.interface.js';

const BODY = Buffer.alloc(1024, 'x');

const BOTH: TusModuleOptions = { protocols: ['tus', 'ietf'] };

const byTus: Work = async (connection) => {
  const head = creationWithUpload(BODY.length, BODY.length);
  assertAnswer(await connection.request(head, BODY), 201, BODY.length);
};

const byIetf: Work = async (connection) => {
  assertAnswer(await connection.request(ietfUpload(BODY.length), BODY), 200);
};

function entrant(platform: 'fastify' | 'express', label: string, work: Work, both = true): Entrant {
  const contender: Contender = ours(platform, 'none', both ? BOTH : {});
  const named = { ...contender, label: `${contender.label}: ${label}` };
  return enter(
    named,
    rateOf(() => work),
  );
}

/** What a second protocol costs: those that speak the first, and those that speak it. */
export const protocols: Scenario = {
  name: 'protocols',
  title: `Whole uploads of 1 KiB by either protocol, ${CONNECTIONS} connections`,
  unit: '/s',
  per: 'upload',
  entrants: (['fastify', 'express'] as const).flatMap((platform) => [
    entrant(platform, 'tus, spoken alone', byTus, false),
    entrant(platform, 'tus, beside the other', byTus),
    entrant(platform, 'the IETF’s', byIetf),
  ]),
};
