import type { Entrant, Sample, Scenario } from '../scenarios/index.js';
import { median } from './statistics.js';

/** What is compared. */
const MEASURES = ['figure', 'cpu', 'peakMemory'] as const;

type Measure = (typeof MEASURES)[number];

/** How an entrant did by another one: 1 is the same. */
export type Ratios = Readonly<Partial<Record<Measure, number>>>;

/** The samples of one entrant, one for each round. */
export interface Taken {
  readonly entrant: Entrant;
  readonly samples: readonly Sample[];
}

/** How one entrant did. */
export interface Row extends Pick<Entrant, 'name' | 'kind' | 'label' | 'promise'> {
  /** Medians of the samples, each measure for itself. */
  readonly median: Sample;
  /** By the peer that is measured against, `@tus/server`. */
  readonly toPeer?: Ratios;
  /** By the floor. */
  readonly toFloor?: Ratios;
  readonly samples: readonly Sample[];
}

/** How all entrants of a scenario did. */
export interface Result extends Pick<Scenario, 'name' | 'title' | 'unit' | 'per'> {
  readonly rows: readonly Row[];
}

/** Compares what was sampled, round by round: what disturbed a whole round then disturbs little. */
export function resultOf(scenario: Scenario, taken: readonly Taken[]): Result {
  const { name, title, unit, per } = scenario;
  const peer = taken.find(({ entrant }) => entrant.name === 'tus-server');
  const floor = taken.find(({ entrant }) => entrant.kind === 'floor');
  const rows = taken.map((one) => rowOf(one, peer, floor));
  return { name, title, unit, per, rows };
}

function rowOf(one: Taken, peer: Taken | undefined, floor: Taken | undefined): Row {
  const { name, kind, label, promise } = one.entrant;
  return {
    name,
    kind,
    label,
    promise,
    median: medianOf(one.samples),
    toPeer: ratiosOf(one, peer),
    toFloor: ratiosOf(one, floor),
    samples: one.samples,
  };
}

function ratiosOf(one: Taken, other: Taken | undefined): Ratios | undefined {
  if (!other || other === one) return undefined;
  const ratio = (measure: Measure) =>
    medianOfKnown(
      one.samples.map((sample, round) => {
        const against = other.samples[round]?.[measure];
        return against === undefined || against === 0
          ? undefined
          : (sample[measure] ?? NaN) / against;
      }),
    );
  return Object.fromEntries(MEASURES.map((measure) => [measure, ratio(measure)]));
}

function medianOf(samples: readonly Sample[]): Sample {
  const of = (pick: (sample: Sample) => number | undefined) => medianOfKnown(samples.map(pick));
  const hasDelay = samples.some(({ delay }) => delay);
  return {
    figure: median(samples.map(({ figure }) => figure)),
    cpu: of(({ cpu }) => cpu),
    peakMemory: of(({ peakMemory }) => peakMemory),
    grownMemory: of(({ grownMemory }) => grownMemory),
    driver: of(({ driver }) => driver),
    ...(hasDelay && {
      delay: {
        p50: of(({ delay }) => delay?.p50) ?? 0,
        p99: of(({ delay }) => delay?.p99) ?? 0,
        longest: of(({ delay }) => delay?.longest) ?? 0,
      },
    }),
  };
}

function medianOfKnown(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined && !Number.isNaN(value));
  return known.length === 0 ? undefined : median(known as number[]);
}
