import { createHash } from 'node:crypto';
import { ours } from '../contenders.js';
import type { Place } from '../servers/bench-server.js';
import { NodeServer } from '../servers/node-server.js';
import type { FolderSettings } from '../servers/settings.js';
import { GIGABYTE, pieces, sendGigabyte, warmUp } from './gigabyte.js';
import { observe } from './observe.js';
import { enter, type Stage } from './over-http.js';
import type { Entrant, Scenario } from './scenario.interface.js';

let digest: string | undefined;

/** The header that announces what the bytes hash to. */
function announcement(): string {
  if (digest === undefined) {
    const hash = createHash('sha1');
    for (const piece of pieces()) hash.update(piece);
    digest = hash.digest('base64');
  }
  return `Upload-Checksum: sha1 ${digest}`;
}

/** Hashing alone and writing alone, one after the other. */
const alone: Entrant = {
  name: 'hashes',
  kind: 'floor',
  label: 'hashing alone + writing alone',
  promise: 'nothing is flushed',
  async open(place: Place) {
    const settings: FolderSettings = { folder: place.folder };
    const server = await NodeServer.start('./hashes.js', settings, place);
    const measure = async () => {
      const work = () => server.ask<number>('hashAndWrite', GIGABYTE);
      const { result, cpu, use } = await observe([server], work);
      return { figure: result / 1000, cpu, ...use };
    };
    return { measure, close: () => server.stop() };
  },
};

const play = {
  async prepare(stage: Stage): Promise<string> {
    await warmUp(stage);
    return announcement();
  },
  measure: (stage: Stage, header: string) => sendGigabyte(stage, [header]),
};

export const checksum: Scenario = {
  name: 'checksum',
  title: 'One PATCH of 1 GiB with sha1',
  unit: 's',
  per: 'GiB',
  entrants: [
    ...[ours('fastify', 'none'), ours('express', 'none')].map((each) => enter(each, play)),
    alone,
  ],
};
