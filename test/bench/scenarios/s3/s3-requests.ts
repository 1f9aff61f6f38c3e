import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from '../../load/connection.js';
import { assertAnswer, creationWithUpload } from '../../load/tus-requests.js';
import type { BenchServer } from '../../servers/bench-server.js';
import type { Scenario } from '../scenario.interface.js';
import { enterBucket, oursOnS3, tusdOnS3, tusServerOnS3 } from './bucket-contenders.js';
import { send } from './send.js';

const SMALL = Buffer.alloc(4096, 'x');

async function sendSmall({ port }: BenchServer): Promise<void> {
  const connection = await Connection.open(port);
  const answer = await connection.request(creationWithUpload(SMALL.length, SMALL.length), SMALL);
  assertAnswer(answer, 201, SMALL.length);
  connection.close();
}

/** What an upload asks of the store, all that comes after its answer included. */
function requestsOf(
  name: string,
  title: string,
  upload: (server: BenchServer) => Promise<void>,
): Scenario {
  const measure = async (server: BenchServer) => {
    const before = await server.ask<number>('requests');
    await upload(server);
    return { figure: (await settled(server)) - before };
  };
  return {
    name: `s3:${name}`,
    title: `Requests to S3: ${title}`,
    unit: 'requests',
    per: 'upload',
    needs: 'S3',
    entrants: [oursOnS3, tusServerOnS3, ...tusdOnS3()].map((contender) =>
      enterBucket(contender, { measure }),
    ),
  };
}

/** Milliseconds without a request after which no more come. */
const QUIET = 300;

async function settled(server: BenchServer): Promise<number> {
  for (let seen = -1; ;) {
    const count = await server.ask<number>('requests');
    if (count === seen) return count;
    seen = count;
    await pause(QUIET);
  }
}

export const s3Requests: readonly Scenario[] = [
  requestsOf('small', '4 KiB in the creating request', sendSmall),
  requestsOf('one-patch', '100 MiB in one PATCH', (server) => send(server, 100)),
  requestsOf('patches', '100 MiB in PATCHes of 5 MiB', (server) => send(server, 100, 5)),
];
