import { byId, Items, make, pairsIn, setData, setText } from './dom.js';
import * as format from './format.js';

/** How many running requests are named. */
const SHOWN = 5;

const CLEANED = { expired: 'expired', removed: 'removed', forgotten: 'forgotten' };
const RECOVERED = {
  finished: 'finished',
  cut: 'cut back',
  halfBuilt: 'half-built removed',
  setAside: 'files put aside',
  removed: 'temporary files removed',
};

/** The processes that share the uploads, each with what it has done. */
export class Processes {
  #at = 0;
  #names = new Map();

  constructor() {
    this.items = new Items(
      byId('process-list'),
      ({ identity }) => identity,
      () => this.#build(),
    );
  }

  show({ processes, receiving, at }) {
    this.#names = new Map(receiving.items.map(({ id, name }) => [id, name]));
    this.#at = Date.parse(at);
    this.items.show(processes);
  }

  #build() {
    const title = make('h3');
    const note = make('p.note');
    const list = make('dl.pairs');
    const pairs = pairsIn(list);
    const element = make('li.card', {}, make('div.process-head', {}, title, note), list);
    return {
      element,
      show: ({ identity, isThis, report }) => {
        setText(title, report ? `${report.host} · ${report.pid}` : identity);
        setData(element, 'silent', String(!report));
        setText(note, report ? this.#noteOf(report, isThis) : 'does not answer');
        pairs.show(report ? this.#pairsOf(report) : []);
      },
    };
  }

  #noteOf({ stats }, isThis) {
    const since = `runs for ${format.duration(this.#at - Date.parse(stats.since))}`;
    return isThis ? `${since} · answers this page` : since;
  }

  #pairsOf({ stats, throughput, appends }) {
    const { uploads, deliveries, refused } = stats;
    const last = throughput.bytes.at(-2) ?? 0;
    const now = format.rate((last * 1000) / throughput.step);
    return [
      ['Running requests', this.#runningText(stats.appends.running, appends)],
      ['Receives', `${now} · ${format.bytes(stats.appends.bytes)} since the start`],
      ['Uploads', listed({ created: 'created', ...ENDS }, uploads)],
      ['Appends', appendsText(stats.appends)],
      ['Deliveries', listed({ done: 'done', retried: 'retried', dead: 'given up' }, deliveries)],
      ['Refused', refusedText(refused)],
      ['Last cleanup', this.#passText(stats.cleanup, CLEANED, 'none here so far')],
      [
        'Recovery',
        this.#passText(stats.recovery, RECOVERED, 'left to another process, or running'),
      ],
    ];
  }

  #runningText(running, appends) {
    const named = appends.slice(0, SHOWN).map(({ uploadId, since }) => {
      const name = this.#names.get(uploadId) ?? uploadId;
      return `${name} for ${this.#since(since)}`;
    });
    const others = running > named.length && named.length > 0 ? ['…'] : [];
    return [format.count(running), ...named, ...others].join('\n');
  }

  #since(time) {
    return format.duration(this.#at - Date.parse(time));
  }

  #passText(pass, words, none) {
    if (!pass) return none;
    const ended = `${this.#since(pass.endedAt)} ago`;
    if (pass.error !== undefined) return `failed ${ended}: ${pass.error}`;
    return `${ended} · ${listed(words, pass.counts)}`;
  }
}

const ENDS = {
  finished: 'finished',
  terminated: 'terminated',
  expired: 'expired',
  quarantined: 'quarantined',
};

/** `3 created, 2 finished`; what there is none of is left out. */
function listed(words, counts) {
  const parts = Object.entries(words)
    .filter(([key]) => counts[key] > 0)
    .map(([key, word]) => `${format.count(counts[key])} ${word}`);
  return parts.length === 0 ? 'nothing' : parts.join(', ');
}

function appendsText({ ended, takenOver, fenced }) {
  const parts = [
    `${format.count(ended)} ended`,
    takenOver > 0 && `${format.count(takenOver)} taken over`,
    fenced > 0 && `${format.count(fenced)} fenced`,
  ];
  return parts.filter(Boolean).join(', ');
}

/** The most frequent first. */
function refusedText(refused) {
  const reasons = Object.entries(refused).sort(([, a], [, b]) => b - a);
  if (reasons.length === 0) return 'nothing';
  return reasons.map(([reason, number]) => `${format.count(number)} ${reason}`).join(', ');
}
