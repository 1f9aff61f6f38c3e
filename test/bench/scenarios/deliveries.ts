import { ours, type Contender } from '../contenders.js';
import { CONNECTIONS, drive } from '../load/drive.js';
import type { Delivered } from '../servers/settings.js';
import { observe } from './observe.js';
import { enter, removeBytes, type Stage } from './over-http.js';
import type { Sample, Scenario } from './scenario.interface.js';
import { uploadSmall } from './small.js';

/** Seconds of load: long enough for handlers to fall behind, if they do. */
const SECONDS = 6;

const WARM_UP = 4;

interface Figures extends Delivered {
  /** Uploads finished. */
  readonly done: number;
  /** Seconds until the last upload was finished. */
  readonly seconds: number;
  /** Seconds until the last handler had been called. */
  readonly until: number;
}

/** Finishes uploads as fast as can be, and waits until each handler has been called. */
async function finishAll({ server }: Stage, seconds: number): Promise<Figures> {
  await server.ask('delivered');
  const start = performance.now();
  const { done, seconds: taken } = await drive([server.port], uploadSmall, seconds);
  const told = await server.ask<Delivered>('delivered', done);
  return { ...told, done, seconds: taken, until: (performance.now() - start) / 1000 };
}

async function measure(stage: Stage, figure: (figures: Figures) => number): Promise<Sample> {
  const { result, cpu, use } = await observe([stage.server], () => finishAll(stage, SECONDS));
  await removeBytes(stage.folder);
  return { figure: figure(result), cpu: cpu / result.done, ...use };
}

function scenario(
  name: string,
  about: Pick<Scenario, 'title' | 'unit'>,
  figures: Readonly<Record<string, (figures: Figures) => number>>,
): Scenario {
  const contenders = [ours('fastify', 'completion', {}, true), ours('fastify', 'none', {}, true)];
  const entrants = contenders.flatMap((contender) =>
    Object.entries(figures).map(([label, figure]) =>
      enter(named(contender, label), {
        prepare: (stage) => finishAll(stage, WARM_UP),
        measure: (stage) => measure(stage, figure),
      }),
    ),
  );
  return { name: `deliveries:${name}`, per: 'upload', entrants, ...about };
}

function named(contender: Contender, label: string): Contender {
  return { ...contender, label: `${contender.label}: ${label}` };
}

const load = `while uploads of 4 KiB finish, ${CONNECTIONS} connections, ${SECONDS} s`;

/** Whether handlers of finished uploads keep up with them. */
export const deliveries: readonly Scenario[] = [
  scenario(
    'rate',
    { title: `Handlers called ${load}`, unit: '/s' },
    {
      'uploads finished': ({ done, seconds }) => done / seconds,
      'handlers called': ({ done, until }) => done / until,
    },
  ),
  scenario(
    'age',
    { title: `Oldest upload that a handler is called for ${load}`, unit: 'ms' },
    { oldest: ({ oldest }) => oldest },
  ),
];
