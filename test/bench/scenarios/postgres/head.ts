import { Connection } from '../../load/connection.js';
import { CONNECTIONS, drive, type Work } from '../../load/drive.js';
import { assertAnswer, createdPath, creationWithUpload, status } from '../../load/tus-requests.js';
import { NodeServer } from '../../servers/node-server.js';
import { measureRate, WARM_UP } from '../over-http.js';
import type { Scenario } from '../scenario.interface.js';
import {
  enterDatabase,
  fill,
  oursOnPostgres,
  PLATFORMS,
  type DatabaseContender,
  type DatabasePlay,
  type DatabaseStage,
} from './database-contenders.js';
import { pgbench } from './pgbench.js';

const UPLOADS = 1000;
const BODY = Buffer.from('x');

/** Paths of new uploads with a byte each. */
async function begin({ servers: [server] }: DatabaseStage): Promise<string[]> {
  const connection = await Connection.open(server?.port ?? 0);
  const request = creationWithUpload(1000, BODY.length);
  const paths: string[] = [];
  while (paths.length < UPLOADS) paths.push(createdPath(await connection.request(request, BODY)));
  connection.close();
  return paths;
}

function asking(): DatabasePlay {
  let work: Work;
  return {
    async prepare(stage) {
      const requests = (await begin(stage)).map((path) => status(path));
      let asked = 0;
      work = async (connection) => {
        const request = requests[asked++ % requests.length] ?? '';
        assertAnswer(await connection.request(request), 200, BODY.length);
      };
      await drive(
        stage.servers.map(({ port }) => port),
        work,
        WARM_UP,
      );
    },
    measure: ({ servers }) => measureRate(servers, work),
  };
}

/** Bare Node, which asks the database once for each request. */
const selects: DatabaseContender = {
  name: 'selects',
  kind: 'floor',
  label: 'bare Node and `pg`, such a row selected',
  promise: 'nothing is stored',
  start: (place, { options }) => NodeServer.start('./selects.js', options, place),
};

/** HEAD beside the rate at which the database itself finds such a row. */
export const head: Scenario = {
  name: 'postgres:head',
  title: `HEAD of ${UPLOADS.toLocaleString('en')} uploads, records in PostgreSQL, ${CONNECTIONS} connections`,
  unit: '/s',
  per: 'request',
  needs: 'PostgreSQL',
  entrants: [
    ...PLATFORMS.map((platform) => enterDatabase(oursOnPostgres(platform), asking())),
    pgbench({
      label: '`pgbench`, such a row selected',
      text: `\\set number random(1, ${UPLOADS})\nSELECT * FROM tus.uploads WHERE id = md5((:number)::text);`,
      prepare: (schema) => fill(schema, UPLOADS),
    }),
    enterDatabase(selects, asking()),
  ],
};
