import type { Durability, TusModuleOptions } from '../../lib/index.js';
import type { BenchServer, Place } from './servers/bench-server.js';
import { NodeServer } from './servers/node-server.js';
import type { FolderSettings, OurSettings } from './servers/settings.js';
import { findTusd, TusdServer } from './servers/tusd.js';

/** A server that takes part. */
export interface Contender {
  /** By which `--servers` chooses it. */
  readonly name: string;
  readonly kind: 'ours' | 'peer' | 'floor';
  readonly label: string;
  /** What is on disk when a client reads success. */
  readonly promise: string;
  start(place: Place): Promise<BenchServer>;
}

const PLATFORMS = { fastify: 'Fastify', express: 'Express' } as const;

const PROMISES: Readonly<Record<Durability, string>> = {
  none: 'nothing is flushed',
  completion: 'records and finished files are flushed',
  chunk: 'every byte is flushed',
};

/**
 * This library on a platform, `completion` (the default) unless told.
 *
 * @param isHandled whether the app has a handler of finished uploads
 */
export function ours(
  platform: keyof typeof PLATFORMS,
  durability: Durability = 'completion',
  further: TusModuleOptions = {},
  isHandled = false,
): Contender {
  return {
    name: platform,
    kind: 'ours',
    label: `nestjs-tus on ${PLATFORMS[platform]}, \`${durability}\``,
    promise: PROMISES[durability],
    start: ({ folder, ...place }) => {
      const tus = { tmpFileDir: folder, durability, ...further };
      return NodeServer.start('./ours.js', { platform, tus, isHandled } satisfies OurSettings, {
        folder,
        ...place,
      });
    },
  };
}

/** `@tus/server` with its file store. */
export function tusServer(further: Omit<FolderSettings, 'folder'> = {}): Contender {
  return {
    name: 'tus-server',
    kind: 'peer',
    label: '`@tus/server`',
    promise: PROMISES.none,
    start: (place) => startIn('./tus-server.js', place, further),
  };
}

/** Where `tusd` is, if it is on the PATH. */
export const tusdPath = await findTusd();

/** `tusd`, where there is one on the PATH. */
export function tusd(): Contender[] {
  if (tusdPath === undefined) return [];
  const start = (place: Place) => TusdServer.start(tusdPath, place);
  return [{ name: 'tusd', kind: 'peer', label: '`tusd`', promise: PROMISES.none, start }];
}

/** A bare Node server that answers and stores nothing. */
export const answers: Contender = {
  name: 'answers',
  kind: 'floor',
  label: 'bare Node, answers only',
  promise: 'nothing is stored',
  start: (place) => startIn('./answers.js', place),
};

/** A bare Node server that writes what it receives. */
export const writes: Contender = {
  name: 'writes',
  kind: 'floor',
  label: 'bare Node, `writev`',
  promise: 'nothing is flushed',
  start: (place) => startIn('./writes.js', place),
};

function startIn(
  script: string,
  place: Place,
  further: Omit<FolderSettings, 'folder'> = {},
): Promise<BenchServer> {
  return NodeServer.start(
    script,
    { folder: place.folder, ...further } satisfies FolderSettings,
    place,
  );
}

/** Ours on both platforms with what the peers promise, and with what is promised by default. */
export function oursEitherWay(): Contender[] {
  return [ours('fastify'), ours('express'), ours('fastify', 'none'), ours('express', 'none')];
}
