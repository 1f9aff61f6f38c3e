import { settleStore } from '../../../support/s3/start-store.js';
import { storeAccess, storeConfig, TestBucket } from '../../../support/s3/store.js';
import { tusdPath, type Contender } from '../../contenders.js';
import type { BenchServer, Place } from '../../servers/bench-server.js';
import { NodeServer } from '../../servers/node-server.js';
import type { BucketSettings, OurSettings } from '../../servers/settings.js';
import { TusdServer } from '../../servers/tusd.js';
import type { Entrant, Sample } from '../scenario.interface.js';

/** A server that keeps bytes in a bucket. */
export interface BucketContender extends Omit<Contender, 'start'> {
  start(place: Place, settings: BucketSettings): Promise<BenchServer>;
}

export const oursOnS3: BucketContender = {
  name: 'fastify',
  kind: 'ours',
  label: 'nestjs-tus on Fastify, `s3()`',
  promise: 'every byte is in the bucket',
  start: (place, s3) => {
    const tus = { tmpFileDir: place.folder };
    return NodeServer.start(
      './ours.js',
      { platform: 'fastify', tus, s3 } satisfies OurSettings,
      place,
    );
  },
};

export const tusServerOnS3: BucketContender = {
  name: 'tus-server',
  kind: 'peer',
  label: '`@tus/server`, `@tus/s3-store`',
  promise: 'bytes that fill a part are in the bucket',
  start: (place, settings) => NodeServer.start('./tus-s3-server.js', settings, place),
};

/** `tusd` with its S3 store, where there is one on the PATH. */
export function tusdOnS3(): BucketContender[] {
  const binary = tusdPath;
  if (binary === undefined) return [];
  return [
    {
      name: 'tusd',
      kind: 'peer',
      label: '`tusd`, S3',
      promise: 'every byte is in the bucket',
      start: (_place, { bucket }) =>
        TusdServer.startOnS3(binary, { bucket, access: storeAccess() }),
    },
  ];
}

/** The SDK, which is told what to do. */
export const sdk: BucketContender = {
  name: 'sdk',
  kind: 'floor',
  label: 'the SDK alone',
  promise: 'every byte is in the bucket',
  start: (place, settings) => NodeServer.start('./sdk.js', settings, place),
};

/** How a scenario uses a server. */
export interface BucketPlay {
  prepare?(server: BenchServer, place: Place): Promise<void>;
  measure(server: BenchServer, place: Place): Promise<Sample>;
}

/** Lets a contender take part with a bucket of its own, which is emptied after each sample. */
export function enterBucket(contender: BucketContender, play: BucketPlay): Entrant {
  const open = async (place: Place) => {
    const bucket = new TestBucket();
    await bucket.make();
    const server = await contender.start(place, { client: storeConfig(), bucket: bucket.name });
    await play.prepare?.(server, place);
    await bucket.empty();
    return {
      measure: async () => {
        const sample = await play.measure(server, place);
        await bucket.empty();
        await settleStore();
        return sample;
      },
      close: async () => {
        await server.stop();
        await bucket.remove();
      },
    };
  };
  return { ...contender, open };
}
