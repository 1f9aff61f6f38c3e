import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { oursEitherWay, tusd, tusServer, writes } from '../contenders.js';
import type { Place } from '../servers/bench-server.js';
import { runCommand } from './command.js';
import { pieces, sendGigabyte, warmUp } from './gigabyte.js';
import { enter } from './over-http.js';
import type { Entrant, Scenario } from './scenario.interface.js';

/** The same bytes, without a network. */
const copy: Entrant = {
  name: 'cp',
  kind: 'floor',
  label: '`cp`',
  promise: 'nothing is flushed',
  async open({ folder }: Place) {
    const source = join(folder, 'source');
    const file = await open(source, 'w');
    for (const piece of pieces()) await file.write(piece);
    await file.close();
    return {
      measure: () => runCommand('cp', [source, join(folder, 'copy')], join(folder, 'copy')),
      close: () => Promise.resolve(),
    };
  },
};

const contenders = [...oursEitherWay(), tusServer(), ...tusd(), writes];

export const stream: Scenario = {
  name: 'stream',
  title: 'One PATCH of 1 GiB',
  unit: 's',
  per: 'GiB',
  entrants: [
    ...contenders.map((contender) =>
      enter(contender, { prepare: warmUp, measure: (stage) => sendGigabyte(stage) }),
    ),
    copy,
  ],
};
