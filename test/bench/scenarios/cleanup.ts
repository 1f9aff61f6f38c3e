import { ours, tusServer, type Contender } from '../contenders.js';
import type { CleanupResult, Filling } from '../servers/settings.js';
import { median } from '../report/statistics.js';
import { observe } from './observe.js';
import { enter, type Stage } from './over-http.js';
import type { Sample, Scenario } from './scenario.interface.js';

/** Most uploads of a peer that looks at every one of them: more would take minutes a pass. */
const MOST_FOR_PEERS = 10_000;

/** Passes of a sample where each is so short that one tells little; the median is taken. */
const SHORT_PASSES = 21;

async function pass({ server }: Stage, expired: number): Promise<number> {
  const { milliseconds, removed } = await server.ask<CleanupResult>('cleanup');
  if (removed !== expired) throw new Error(`A cleanup removed ${removed} instead of ${expired}.`);
  return milliseconds;
}

async function measure(stage: Stage, expired: number, passes: number): Promise<Sample> {
  await stage.server.ask('fill', { unexpired: 0, expired } satisfies Filling);
  const { result, cpu, use } = await observe([stage.server], async () => {
    const milliseconds: number[] = [];
    while (milliseconds.length < passes) milliseconds.push(await pass(stage, expired));
    return milliseconds;
  });
  return { figure: median(result), cpu: cpu / passes, ...use };
}

function contendersFor(unexpired: number): Contender[] {
  const here = ours('fastify', 'completion', { cleanup: { every: false } });
  const peer = tusServer({ expireAfter: 24 * 60 * 60 * 1000 });
  return unexpired > MOST_FOR_PEERS ? [here] : [here, peer];
}

function scenario(name: string, unexpired: number, expired: number): Scenario {
  return {
    name: `cleanup:${name}`,
    title: `Cleanup with ${unexpired.toLocaleString('en')} unexpired uploads, ${expired || 'none'} expired`,
    unit: 'ms',
    per: 'pass',
    entrants: contendersFor(unexpired).map((contender) => {
      const passes = contender.kind === 'ours' && expired === 0 ? SHORT_PASSES : 1;
      return enter(contender, {
        async prepare(stage) {
          await stage.server.ask('fill', { unexpired, expired: 0 } satisfies Filling);
          await measure(stage, expired, 1);
        },
        measure: (stage) => measure(stage, expired, passes),
      });
    }),
  };
}

export const cleanup: readonly Scenario[] = [
  scenario('1000', 1_000, 0),
  scenario('10000', 10_000, 0),
  scenario('100000', 100_000, 0),
  scenario('expired', 10_000, 100),
];
