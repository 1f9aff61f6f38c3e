import { oursEitherWay, tusd, tusServer, writes } from '../contenders.js';
import { CONNECTIONS, type Work } from '../load/drive.js';
import { append, assertAnswer, createdPath, creation, status } from '../load/tus-requests.js';
import { enter, rateOf } from './over-http.js';
import type { Scenario } from './scenario.interface.js';

const BODY = Buffer.alloc(64 * 1024, 'x');

/** A whole upload in three requests. */
export const uploadClassically: Work = async (connection) => {
  const path = createdPath(await connection.request(creation(BODY.length)));
  const appended = await connection.request(append(path, 0, BODY.length), BODY);
  assertAnswer(appended, 204, BODY.length);
  assertAnswer(await connection.request(status(path)), 200, BODY.length);
};

export const classic: Scenario = {
  name: 'classic',
  title: `Uploads by POST, PATCH of 64 KiB and HEAD, ${CONNECTIONS} connections`,
  unit: '/s',
  per: 'upload',
  entrants: [...oursEitherWay(), tusServer(), ...tusd(), writes].map((contender) =>
    enter(
      contender,
      rateOf(() => uploadClassically),
    ),
  ),
};
