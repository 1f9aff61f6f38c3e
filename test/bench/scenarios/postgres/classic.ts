import { tusServer } from '../../contenders.js';
import { CONNECTIONS } from '../../load/drive.js';
import { uploadClassically } from '../classic.js';
import { enter, rateOf } from '../over-http.js';
import type { Scenario } from '../scenario.interface.js';
import { enterDatabase, oursOnPostgres, PLATFORMS, rateOnPostgres } from './database-contenders.js';

export const classic: Scenario = {
  name: 'postgres:classic',
  title: `Uploads by POST, PATCH of 64 KiB and HEAD, records in PostgreSQL, ${CONNECTIONS} connections`,
  unit: '/s',
  per: 'upload',
  needs: 'PostgreSQL',
  entrants: [
    ...PLATFORMS.map((platform) =>
      enterDatabase(oursOnPostgres(platform), rateOnPostgres(uploadClassically)),
    ),
    enter(
      tusServer(),
      rateOf(() => uploadClassically),
    ),
  ],
};
