import { answers, ours, tusd, tusServer } from '../contenders.js';
import { Connection } from '../load/connection.js';
import { CONNECTIONS, type Work } from '../load/drive.js';
import { assertAnswer, createdPath, creationWithUpload, status } from '../load/tus-requests.js';
import { enter, rateOfAsking, type Stage } from './over-http.js';
import type { Scenario } from './scenario.interface.js';

const UPLOADS = 1000;
const BODY = Buffer.alloc(4096, 'x');

/** Uploads that are half there. */
async function begin({ server }: Stage, count: number): Promise<string[]> {
  const connection = await Connection.open(server.port);
  const request = creationWithUpload(2 * BODY.length, BODY.length);
  const paths: string[] = [];
  for (let made = 0; made < count; made++) {
    paths.push(createdPath(await connection.request(request, BODY)));
  }
  connection.close();
  return paths;
}

/** Asks for one upload after the other. */
function asking(count: number) {
  return async (stage: Stage): Promise<Work> => {
    const requests = (await begin(stage, count)).map((path) => status(path));
    let asked = 0;
    return async (connection) => {
      const request = requests[asked++ % requests.length] ?? '';
      assertAnswer(await connection.request(request), 200, BODY.length);
    };
  };
}

function scenario(name: string, title: string, uploads: number): Scenario {
  const contenders = [ours('fastify'), ours('express'), tusServer(), ...tusd(), answers];
  return {
    name,
    title,
    unit: '/s',
    per: 'request',
    entrants: contenders.map((contender) => enter(contender, rateOfAsking(asking(uploads)))),
  };
}

export const head: readonly Scenario[] = [
  scenario(
    'head',
    `HEAD of ${UPLOADS.toLocaleString('en')} uploads, ${CONNECTIONS} connections`,
    UPLOADS,
  ),
  scenario('head:one', `HEAD of one upload, ${CONNECTIONS} connections`, 1),
];
