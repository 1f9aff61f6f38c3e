import type { BenchServer } from '../../servers/bench-server.js';
import { observe } from '../observe.js';
import type { Sample, Scenario } from '../scenario.interface.js';
import { enterBucket, oursOnS3, tusdOnS3, tusServerOnS3 } from './bucket-contenders.js';
import { send } from './send.js';

const UPLOADS = 50;

/** MiB of each. */
const SIZE = 32;

async function sendAll(server: BenchServer): Promise<number> {
  const start = performance.now();
  await Promise.all(Array.from({ length: UPLOADS }, () => send(server, SIZE)));
  return (performance.now() - start) / 1000;
}

async function measure(server: BenchServer): Promise<Sample> {
  const { result, cpu, use } = await observe([server], () => sendAll(server));
  return { figure: result, cpu: cpu / ((UPLOADS * SIZE) / 1024), ...use };
}

export const s3Many: Scenario = {
  name: 's3:many',
  title: `${UPLOADS} PATCHes of ${SIZE} MiB to S3 at once`,
  unit: 's',
  per: 'GiB',
  needs: 'S3',
  fresh: true,
  entrants: [oursOnS3, tusServerOnS3, ...tusdOnS3()].map((contender) =>
    enterBucket(contender, { prepare: (server) => send(server, SIZE), measure }),
  ),
};
