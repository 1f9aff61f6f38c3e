import { figuresOf, type Figure } from '../../bench/check/figures.js';
import { compare, isSlower } from '../../bench/check/slower.js';
import type { Result, Row } from '../../bench/report/results.js';

const isOurs = ({ server }: Figure) => server === 'ours';

function rowOf(name: string, kind: Row['kind'], figures: readonly number[], cpu = 1): Row {
  const samples = figures.map((figure) => ({ figure, cpu }));
  return { name, kind, label: name, promise: '', median: samples[0]!, samples };
}

interface Rates {
  readonly ours?: readonly number[];
  readonly floor?: readonly number[];
  readonly peer?: readonly number[];
  readonly cpu?: number;
}

/** What was measured of three servers, whose rates are the same in each round unless told. */
function measured({
  ours = [100, 100, 100],
  floor = [200, 200, 200],
  peer = [50, 50, 50],
  cpu,
}: Rates = {}) {
  const rows = [
    rowOf('ours', 'ours', ours, cpu),
    rowOf('tus-server', 'peer', peer),
    rowOf('floor', 'floor', floor),
  ];
  return figuresOf({ name: 'head', title: 'HEAD', unit: '/s', per: 'request', rows } as Result);
}

function slowerNow(now: Rates, kept: Rates = {}): string[] {
  return compare(measured(now), measured(kept), isOurs)
    .filter(isSlower)
    .map(({ measure }) => measure);
}

describe('figuresOf()', () => {
  it('tells more for what is slower, of rates and of times', () => {
    const rates = measured().find(({ server, beside }) => server === 'ours' && beside === 'floor');
    const rows = [rowOf('ours', 'ours', [20, 20]), rowOf('floor', 'floor', [10, 10])];
    const [times] = figuresOf({ name: 'stream', title: '', unit: 's', per: 'GiB', rows } as Result);

    expect([rates?.ratio, times?.ratio]).toEqual([2, 2]);
  });

  it('compares round by round, so that what disturbs both is no noise', () => {
    const [figure] = measured({ ours: [100, 10], floor: [200, 20], peer: [50, 5] });

    expect(figure).toMatchObject({ measure: 'time', beside: 'floor', ratio: 2, spread: 0 });
  });
});

describe('compare()', () => {
  it('finds what is as it was', () => {
    expect(slowerNow({})).toEqual([]);
    expect(slowerNow({ ours: [95, 95], cpu: 1.1 })).toEqual([]);
  });

  it('finds what takes longer, and what takes more of a processor', () => {
    expect(slowerNow({ ours: [80, 80] })).toEqual(['time']);
    expect(slowerNow({ cpu: 1.3 })).toEqual(['processor']);
  });

  it('takes no machine that is slower on the whole for a slower server', () => {
    expect(slowerNow({ ours: [50, 50], floor: [100, 100], peer: [25, 25] })).toEqual([]);
  });

  it('takes no floor that was luckier for a slower server', () => {
    expect(slowerNow({ floor: [300, 300] })).toEqual([]);
  });

  it('takes what is as far apart as its own rounds for noise, now and then', () => {
    expect(slowerNow({ ours: [55, 80, 110] })).toEqual([]);
    expect(slowerNow({ ours: [80, 80, 80] }, { ours: [70, 100, 140] })).toEqual([]);
  });

  it('takes what is as far off as a peer that has not changed for noise', () => {
    expect(slowerNow({ ours: [70, 70] })).toEqual(['time']);
    expect(slowerNow({ ours: [70, 70], peer: [80, 80] })).toEqual([]);
  });

  it('says nothing of what was not kept', () => {
    expect(compare(measured(), [], isOurs)).toEqual([]);
  });
});
