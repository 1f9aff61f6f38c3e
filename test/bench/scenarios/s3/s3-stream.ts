import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchServer, Place } from '../../servers/bench-server.js';
import { GIGABYTE, pieces } from '../gigabyte.js';
import { observe } from '../observe.js';
import type { Sample, Scenario } from '../scenario.interface.js';
import { enterBucket, oursOnS3, sdk, tusdOnS3, tusServerOnS3 } from './bucket-contenders.js';
import { MIB, send } from './send.js';

/** MiB that are sent before the first upload that counts. */
const WARM_UP = 128;

/** Seconds that some work takes. */
async function timed(server: BenchServer, work: () => Promise<unknown>): Promise<Sample> {
  const { result, cpu, use } = await observe([server], async () => {
    const start = performance.now();
    await work();
    return (performance.now() - start) / 1000;
  });
  return { figure: result, cpu, ...use };
}

function sourceIn({ folder }: Place): string {
  return join(folder, 'source');
}

/** Makes the file that the SDK uploads. */
async function makeSource(server: BenchServer, place: Place): Promise<void> {
  const file = await open(sourceIn(place), 'w');
  for (const piece of pieces()) await file.write(piece);
  await file.close();
  await server.ask('upload', sourceIn(place));
}

export const s3Stream: Scenario = {
  name: 's3:stream',
  title: 'One PATCH of 1 GiB to S3',
  unit: 's',
  per: 'GiB',
  needs: 'S3',
  entrants: [
    ...[oursOnS3, tusServerOnS3, ...tusdOnS3()].map((contender) =>
      enterBucket(contender, {
        prepare: (server) => send(server, WARM_UP),
        measure: (server) => timed(server, () => send(server, GIGABYTE / MIB)),
      }),
    ),
    enterBucket(
      { ...sdk, label: "the SDK's `Upload` of a file" },
      {
        prepare: makeSource,
        measure: (server, place) => timed(server, () => server.ask('upload', sourceIn(place))),
      },
    ),
  ],
};
