import { get } from './api.js';
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
import { usageText } from './limits.js';

/** Finds uploads; the list stays as it is until it is asked for again. */
export class Search {
  #found = [];
  #looked = 0;
  #terms = {};
  #cursor;
  #number = 0;
  #isExtended = false;

  constructor(onOpen, onError) {
    this.onError = onError;
    this.items = new Items(
      byId('search-rows'),
      ({ id }) => id,
      () => buildRow(onOpen),
    );
    this.form = byId('search-form');
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.begin();
    });
    this.form.elements.by.addEventListener('change', ({ target }) => {
      // An id is looked for whatever became of the upload.
      if (target.value === 'id') this.form.elements.state.value = '';
    });
    byId('search-more').addEventListener('click', () => {
      this.#isExtended = true;
      void this.#goOn(false);
    });
  }

  /** Looks again, unless more than the first answer is shown: that is left as it is. */
  async renew() {
    if (!this.#isExtended) await this.begin();
  }

  /** Begins anew, with what the form says. */
  begin() {
    const { by, text, state } = this.form.elements;
    this.#terms = { by: by.value, text: text.value.trim(), state: state.value };
    this.#isExtended = false;
    return this.#goOn(true);
  }

  async #goOn(isNew) {
    const number = ++this.#number;
    try {
      const cursor = isNew ? undefined : this.#cursor;
      const result = await get('uploads', { ...this.#terms, cursor });
      if (number === this.#number) this.#show(result, isNew);
    } catch (error) {
      this.onError(error);
    }
  }

  #show({ items, looked, cursor, capacity }, isNew) {
    if (isNew) {
      this.#found = [];
      this.#looked = 0;
    }
    const known = new Set(this.#found.map(({ id }) => id));
    this.#found = [...this.#found, ...items.filter(({ id }) => !known.has(id))];
    this.#looked += looked;
    this.#cursor = cursor;
    this.items.show(this.#found);
    setHidden(byId('search-more'), cursor === undefined);
    setText(byId('search-note'), this.#note());
    const facts = byId('owner-facts');
    setHidden(facts, capacity === undefined);
    if (capacity) setText(facts, usageText(this.#terms.text, capacity));
  }

  #note() {
    const found = `${format.counted(this.#found.length, 'upload')} shown`;
    if (this.#cursor === undefined) return `${found}; these are all.`;
    return `${found} of the youngest ${format.count(this.#looked)}; there are more.`;
  }
}

function buildRow(onOpen) {
  const name = nameButton(onOpen);
  const badge = make('span.badge');
  const cells = { owner: cell('', 'Owner'), size: cell('.number', 'Size') };
  const when = cell('', 'When');
  return {
    element: row(
      cell('.first.wide', 'Upload', name.element),
      ...Object.values(cells),
      cell('', 'State', badge),
      when,
    ),
    show: (upload) => {
      name.show(upload, upload.partial ? 'a part' : '');
      setCell(cells.owner, upload.owner);
      setText(cells.size, format.bytes(upload.length ?? upload.offset));
      setText(badge, upload.state);
      setData(badge, 'state', upload.state);
      setText(when, format.minute(upload.endedAt ?? upload.createdAt));
    },
  };
}
