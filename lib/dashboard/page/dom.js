/**
 * Makes an element. Text is always text: what clients say of their files is never read as HTML.
 *
 * @param {string} tag with its classes, such as `td.number`
 */
export function make(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  const element = document.createElement(name);
  element.classList.add(...classes);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** A cell of a table that becomes a card on a small screen, where its column's name stands before it. */
export function cell(tag, label, ...children) {
  return make(`td${tag}`, { role: 'cell', 'data-label': label }, ...children);
}

export function row(...cells) {
  return make('tr', { role: 'row' }, ...cells);
}

export function byId(id) {
  return document.getElementById(id);
}

/** Writes nothing that is there already, so that what is selected or read aloud is left alone. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** The text of a cell, which is left out on a small screen where there is none. */
export function setCell(element, text) {
  setText(element, text ?? '–');
  setData(element, 'none', String(text === undefined));
}

export function setHidden(element, isHidden) {
  if (element.hidden !== isHidden) element.hidden = isHidden;
}

export function setData(element, name, value) {
  if (element.dataset[name] !== value) element.dataset[name] = value;
}

/** The children of an element, one for each item, which stay where they are while their item does. */
export class Items {
  #shown = new Map();

  /**
   * @param keyOf tells an item from all others
   * @param build makes `{ element, show(item) }` for an item
   */
  constructor(parent, keyOf, build) {
    this.parent = parent;
    this.keyOf = keyOf;
    this.build = build;
  }

  show(items) {
    const keys = new Set(items.map(this.keyOf));
    for (const [key, { element }] of this.#shown) {
      if (keys.has(key)) continue;
      this.#shown.delete(key);
      element.remove();
    }
    let next = this.parent.firstElementChild;
    for (const item of items) {
      const view = this.#viewOf(item);
      view.show(item);
      if (view.element === next) next = next.nextElementSibling;
      else this.parent.insertBefore(view.element, next);
    }
    const card = this.parent.closest('[data-empty]');
    if (card) setData(card, 'count', String(items.length));
  }

  #viewOf(item) {
    const key = this.keyOf(item);
    const view = this.#shown.get(key) ?? this.build(item);
    this.#shown.set(key, view);
    return view;
  }
}

/** Names and their values, in a list that has them as pairs. */
export function pairsIn(list) {
  return new Items(list, ([name]) => name, buildPair);
}

function buildPair([name]) {
  const value = make('dd');
  return {
    element: make('div', {}, make('dt', {}, name), value),
    show: ([, text]) => setText(value, text),
  };
}

/** The name of an upload as a button that shows all that is known of it, and its owner below. */
export function nameButton(onOpen) {
  const button = make('button.name', { type: 'button' });
  const note = make('span.note.sub');
  const element = make('div.named', {}, button, note);
  let id = '';
  button.addEventListener('click', () => onOpen(id));
  return {
    element,
    show(upload, text) {
      id = upload.id;
      setText(button, upload.name ?? 'Without a name');
      button.title = upload.name ?? '';
      setText(note, text);
      setHidden(note, text === '');
    },
  };
}
