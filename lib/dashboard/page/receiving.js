import { byId, cell, Items, make, nameButton, row, setCell, setData, setText } from './dom.js';
import * as format from './format.js';
import { Rates } from './rates.js';

/** Uploads that are on their way, with how far and how fast they come. */
export class Receiving {
  #rates = new Rates();
  #appends = new Map();
  /** By upload, the process that its last request came to: chunks come with pauses between them. */
  #places = new Map();
  #at = 0;

  constructor(onOpen) {
    const build = () => this.#build(onOpen);
    this.items = new Items(byId('receiving-rows'), ({ id }) => id, build);
  }

  /** How many of them bytes come to. */
  active = 0;

  show({ receiving, processes, at }) {
    this.#at = Date.parse(at);
    this.#appends = appendsOf(processes);
    const uploads = receiving.items.map((upload) => ({
      ...upload,
      // What a process has received may be ahead of what its storage tells.
      offset: Math.max(upload.offset, this.#appends.get(upload.id)?.offset ?? 0),
    }));
    const only = processes.length === 1 ? placeIn(processes[0]) : undefined;
    const placeOf = ({ id }) => [
      id,
      this.#appends.get(id)?.process ?? this.#places.get(id) ?? only,
    ];
    this.#places = new Map(uploads.map(placeOf));
    this.#rates.note(uploads, this.#at);
    this.active = uploads.filter(({ id }) => !this.#isIdle(id)).length;
    this.items.show(uploads.sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt)));
    setText(byId('nav-receiving'), receiving.items.length ? format.atLeast(receiving) : '');
  }

  #isIdle(id) {
    return !this.#appends.has(id) && this.#rates.isIdle(id, this.#at);
  }

  #build(onOpen) {
    const name = nameButton(onOpen);
    const progress = make('progress', { max: '1' });
    const facts = make('span.note');
    const cells = {
      progress: cell('.wide', 'Progress', make('div.progress', {}, progress, facts)),
      rate: cell('.number', 'Rate'),
      left: cell('.number', 'Left'),
      at: cell('', 'At'),
    };
    const element = row(cell('.first', 'Upload', name.element), ...Object.values(cells));
    return {
      element,
      show: (upload) => {
        name.show(upload, noteOf(upload));
        showProgress(progress, facts, upload);
        this.#showPace(element, cells, upload);
      },
    };
  }

  #showPace(element, cells, upload) {
    const isIdle = this.#isIdle(upload.id);
    const rate = this.#rates.of(upload.id);
    setData(element, 'pace', isIdle ? 'idle' : 'running');
    setText(cells.rate, isIdle ? 'idle' : format.rate(rate));
    setCell(cells.left, isIdle ? expiry(upload, this.#at) : remaining(upload, rate));
    setCell(cells.at, isIdle ? undefined : this.#places.get(upload.id));
  }
}

function placeIn({ report }) {
  return report && `${report.host} · ${report.pid}`;
}

/** By upload, the request that brings its bytes, and the process that it comes to. */
function appendsOf(processes) {
  const appends = new Map();
  for (const member of processes) {
    const process = placeIn(member);
    for (const append of member.report?.appends ?? [])
      appends.set(append.uploadId, { ...append, process });
  }
  return appends;
}

function noteOf({ owner, partial }) {
  return [owner, partial && 'a part'].filter(Boolean).join(' · ');
}

function showProgress(progress, facts, upload) {
  const { name = 'Without a name', offset, length } = upload;
  if (length === undefined) progress.removeAttribute('value');
  else progress.value = length === 0 ? 1 : offset / length;
  progress.setAttribute('aria-label', `Progress of ${name}`);
  const share = format.percent(offset, length);
  const size = length === undefined ? 'length not known yet' : format.bytes(length);
  setText(facts, `${share ? `${share} · ` : ''}${format.bytes(offset)} of ${size}`);
}

function remaining({ offset, length }, rate) {
  if (length === undefined || rate === 0) return undefined;
  return format.duration(((length - offset) / rate) * 1000);
}

function expiry({ expiresAt }, now) {
  return expiresAt && `expires in ${format.duration(Date.parse(expiresAt) - now)}`;
}
