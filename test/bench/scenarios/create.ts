import { answers, oursEitherWay, tusd, tusServer } from '../contenders.js';
import { CONNECTIONS, type Work } from '../load/drive.js';
import { createdPath, creation } from '../load/tus-requests.js';
import { enter, rateOf } from './over-http.js';
import type { Scenario } from './scenario.interface.js';

const LENGTH = 5_000_000;

/** Creates an upload, without a byte of it. */
export const createOne: Work = async (connection) => {
  createdPath(await connection.request(creation(LENGTH)));
};

export const create: Scenario = {
  name: 'create',
  title: `Creations, ${CONNECTIONS} connections`,
  unit: '/s',
  per: 'creation',
  entrants: [...oursEitherWay(), tusServer(), ...tusd(), answers].map((contender) =>
    enter(
      contender,
      rateOf(() => createOne),
    ),
  ),
};
