import { post } from './api.js';
import {
  byId,
  cell,
  Items,
  make,
  nameButton,
  row,
  setCell,
  setData,
  setHidden,
  setText,
} from './dom.js';
import * as format from './format.js';

/** In the order in which they need to be looked after. */
const STATES = ['dead', 'running', 'waiting'];

/** Finished uploads that have not reached all handlers, and the buttons that try again. */
export class Deliveries {
  #at = 0;

  /** @param act does something, tells of it, and looks at everything again */
  constructor(onOpen, act) {
    const keyOf = ({ uploadId, handler }) => JSON.stringify([uploadId, handler]);
    const build = (delivery) => this.#build(delivery, onOpen, act);
    this.items = new Items(byId('deliveries-rows'), keyOf, build);
    byId('retry-all').addEventListener('click', () => act(retryAll, byId('retry-all')));
  }

  show({ deliveries, at }) {
    this.#at = Date.parse(at);
    const { dead } = deliveries;
    this.items.show(STATES.flatMap((state) => deliveries[state].items));
    setHidden(byId('retry-all'), dead.items.length === 0);
    setText(byId('nav-deliveries'), dead.items.length ? format.atLeast(dead) : '');
  }

  #build({ uploadId, handler }, onOpen, act) {
    const name = nameButton(onOpen);
    const badge = make('span.badge');
    const note = make('span.note.sub');
    const error = cell('.wide.error', 'Last error');
    const button = make('button.button', { type: 'button' }, 'Retry');
    button.addEventListener('click', () =>
      act(async () => told(await post('deliveries/retry', { upload: uploadId, handler })), button),
    );
    return {
      element: row(
        cell('.first', 'Upload', name.element),
        cell('.code', 'Handler', handler),
        cell('', 'State', make('div.stack', {}, badge, note)),
        error,
        cell('.actions', '', button),
      ),
      show: (delivery) => {
        name.show({ id: uploadId, name: delivery.name }, '');
        setText(badge, WORDS[delivery.state]);
        setData(badge, 'state', delivery.state);
        setText(note, this.#noteOf(delivery));
        setCell(error, delivery.error);
        setHidden(button, delivery.state !== 'dead');
        button.setAttribute('aria-label', `Retry ${handler} for ${delivery.name ?? uploadId}`);
      },
    };
  }

  #noteOf({ state, attempt, dueAt, startedAt }) {
    const attempts = format.counted(attempt, 'attempt');
    if (state === 'dead') return `after ${attempts}`;
    if (state === 'running') return `attempt ${attempt}, since ${this.#until(startedAt, -1)}`;
    if (attempt === 0) return `due ${this.#until(dueAt, 1)}`;
    return `${attempts}, next in ${this.#until(dueAt, 1)}`;
  }

  #until(time, direction) {
    return time ? format.duration(direction * (Date.parse(time) - this.#at)) : 'now';
  }
}

const WORDS = { dead: 'Given up', running: 'Running', waiting: 'Waiting' };

/** A thousand at a time, so that no request takes long. */
async function retryAll() {
  let retried = 0;
  let cursor;
  do {
    const answer = await post('deliveries/retry-all', { cursor });
    retried += answer.retried;
    ({ cursor } = answer);
  } while (cursor !== undefined);
  return told({ retried });
}

function told({ retried }) {
  const verb = retried === 1 ? 'is' : 'are';
  return retried === 1
    ? `1 delivery ${verb} tried again.`
    : `${format.count(retried)} deliveries ${verb} tried again.`;
}
