import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from '../../load/connection.js';
import { append, createdPath, creation, status } from '../../load/tus-requests.js';
import { median } from '../../report/statistics.js';
import type { BenchServer } from '../../servers/bench-server.js';
import { observe } from '../observe.js';
import type { Sample, Scenario } from '../scenario.interface.js';
import { enterBucket, oursOnS3, sdk, tusdOnS3, tusServerOnS3 } from './bucket-contenders.js';
import { MIB } from './send.js';

/** Bytes that a stalled PATCH has brought: too few for a part. */
const BROUGHT = Buffer.alloc(MIB, 'nestjs-tus');

/** Milliseconds in which they have come to the server. */
const STALLED = 200;

/** Times of a sample: few of a server that needs seconds for each. */
const TIMES = { ours: 20, peer: 2, floor: 20 };

/** Milliseconds that HEAD takes while another request's PATCH is silent. */
async function takeOver({ port }: BenchServer): Promise<number> {
  const silent = await Connection.open(port);
  const path = createdPath(await silent.request(creation(2 * MIB)));
  await silent.send(append(path, 0, 2 * MIB));
  await silent.send(BROUGHT);
  await pause(STALLED);
  const connection = await Connection.open(port);
  const start = performance.now();
  const answer = await connection.request(status(path));
  const milliseconds = performance.now() - start;
  if (answer.status !== 200) throw new Error(`HEAD was answered ${answer.status}.`);
  silent.close();
  connection.close();
  return milliseconds;
}

/** Milliseconds that the store needs for what a take-over keeps. */
async function put(server: BenchServer): Promise<number> {
  const start = performance.now();
  await server.ask('put', BROUGHT.length);
  return performance.now() - start;
}

async function measure(
  server: BenchServer,
  times: number,
  once: (server: BenchServer) => Promise<number>,
): Promise<Sample> {
  const { result, cpu, use } = await observe([server], async () => {
    const all: number[] = [];
    for (let time = 0; time < times; time += 1) all.push(await once(server));
    return all;
  });
  return { figure: median(result), cpu: cpu / times, ...use };
}

export const s3Resume: Scenario = {
  name: 's3:resume',
  title: 'HEAD that takes over from a stalled PATCH of 1 MiB to S3',
  unit: 'ms',
  per: 'take-over',
  needs: 'S3',
  entrants: [oursOnS3, tusServerOnS3, ...tusdOnS3(), { ...sdk, label: '`PutObject` of 1 MiB' }].map(
    (contender) => {
      const once = contender.kind === 'floor' ? put : takeOver;
      return enterBucket(contender, {
        prepare: async (server) => void (await once(server)),
        measure: (server) => measure(server, TIMES[contender.kind], once),
      });
    },
  ),
};
