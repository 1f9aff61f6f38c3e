import { oursEitherWay, tusd, tusServer, writes } from '../contenders.js';
import { CONNECTIONS, type Work } from '../load/drive.js';
import { assertAnswer, createdPath, creationWithUpload } from '../load/tus-requests.js';
import { enter, rateOf } from './over-http.js';
import type { Scenario } from './scenario.interface.js';

const BODY = Buffer.alloc(4096, 'x');

export const uploadSmall: Work = async (connection) => {
  const answer = await connection.request(creationWithUpload(BODY.length, BODY.length), BODY);
  assertAnswer(answer, 201, BODY.length);
  createdPath(answer);
};

export const small: Scenario = {
  name: 'small',
  title: `Uploads of 4 KiB in the creating request, ${CONNECTIONS} connections`,
  unit: '/s',
  per: 'upload',
  entrants: [...oursEitherWay(), tusServer(), ...tusd(), writes].map((contender) =>
    enter(
      contender,
      rateOf(() => uploadSmall),
    ),
  ),
};
