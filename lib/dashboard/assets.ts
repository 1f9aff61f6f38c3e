/** The files of the page, by name. Made of `page/` by `.scripts/embed-page.mjs`: change those. */
export const ASSETS: ReadonlyMap<string, string> = new Map([
  ['api.js', `const BASE = new URL('../api/', import.meta.url);

/** The app has answered that something cannot be done, or has not answered. */
export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }

  /** Whether the password, or the session, counts no more. */
  get isRefused() {
    return this.status === 401 || this.status === 403;
  }
}

export function get(path, query) {
  return ask(path, query, { method: 'GET' });
}

/** Changes something; the header tells that this page asks. */
export function post(path, query) {
  return ask(path, query, { method: 'POST', headers: { 'X-Tus-Dashboard': '1' } });
}

async function ask(path, query = {}, options) {
  const url = new URL(path, BASE);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') url.searchParams.set(name, value);
  }
  const response = await fetch(url, { cache: 'no-store', ...options }).catch(() => {
    throw new ApiError('The app does not answer.');
  });
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  const message = [body.message].flat().filter(Boolean).join(' ');
  throw new ApiError(message || \`The app has answered \${response.status}.\`, response.status);
}
`],
  ['base.css', `:root {
  color-scheme: light dark;
  --page: #f5f6f6;
  --card: #ffffff;
  --line: #e2e6e5;
  --line-strong: #b7c1bf;
  --text: #17211f;
  --muted: #5a6663;
  --accent: #0f766e;
  --accent-strong: #0b5d57;
  --accent-soft: #e3f2f0;
  --on-accent: #ffffff;
  --track: #e2e7e6;
  --warning: #8f4e00;
  --warning-soft: #fcf0df;
  --danger: #b3261e;
  --danger-soft: #fbe9e7;
  --on-danger: #ffffff;
  --shade: rgb(10 20 18 / 45%);
  --radius: 10px;
  font:
    0.875rem/1.45 system-ui,
    sans-serif;
  scroll-padding-block-start: 6.5rem;
}

@media (prefers-color-scheme: dark) {
  :root {
    --page: #101514;
    --card: #181e1d;
    --line: #29312f;
    --line-strong: #4a5754;
    --text: #e6ecea;
    --muted: #9eaba8;
    --accent: #2fb3a5;
    --accent-strong: #59cbc0;
    --accent-soft: #14302d;
    --on-accent: #06211e;
    --track: #2c3533;
    --warning: #e8ab5a;
    --warning-soft: #33261a;
    --danger: #f48f87;
    --danger-soft: #3a1f1d;
    --on-danger: #2c0906;
    --shade: rgb(0 0 0 / 60%);
  }
}

*,
*::before,
*::after {
  box-sizing: border-box;
}

[hidden] {
  display: none !important;
}

body {
  margin: 0;
  background: var(--page);
  color: var(--text);
}

h1,
h2,
h3,
p,
ul,
dl,
dd,
figure {
  margin: 0;
}

ul {
  padding: 0;
  list-style: none;
}

h1 {
  font-size: 1.0625rem;
  letter-spacing: -0.01em;
}

h2 {
  font-size: 0.9375rem;
  letter-spacing: -0.005em;
}

h3 {
  font-size: 0.875rem;
}

:focus-visible {
  outline: 2px solid var(--accent);
  outline-offset: 2px;
}

main:focus {
  outline: none;
}

.visually-hidden {
  position: absolute;
  inline-size: 1px;
  block-size: 1px;
  margin: -1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}

.skip {
  position: absolute;
  z-index: 3;
  inset-block-start: 0.5rem;
  inset-inline-start: -100rem;
  padding: 0.5rem 0.75rem;
  border-radius: 6px;
  background: var(--accent);
  color: var(--on-accent);
}

.skip:focus {
  inset-inline-start: 0.5rem;
}

.note {
  color: var(--muted);
  font-size: 0.8125rem;
  font-variant-numeric: tabular-nums;
}
`],
  ['controls.css', `/* Buttons and fields. */

.button,
input,
select {
  min-block-size: 2rem;
  border: 1px solid var(--line-strong);
  border-radius: 6px;
  background: var(--card);
  color: var(--text);
  font: inherit;
  font-size: 0.8125rem;
}

.button {
  padding: 0 0.75rem;
  font-weight: 500;
  white-space: nowrap;
  cursor: pointer;
}

.button:hover {
  border-color: var(--accent);
  color: var(--accent-strong);
}

.button:disabled {
  opacity: 0.55;
  cursor: progress;
}

.button.quiet {
  min-block-size: 1.75rem;
  border-color: var(--line);
}

.button[aria-pressed='true'] {
  border-color: var(--accent);
  background: var(--accent-soft);
  color: var(--accent-strong);
}

.button.strong {
  border-color: var(--accent);
  background: var(--accent);
  color: var(--on-accent);
}

.button.strong:hover {
  border-color: var(--accent-strong);
  background: var(--accent-strong);
}

.button.danger {
  color: var(--danger);
}

.button.danger:hover {
  border-color: var(--danger);
  background: var(--danger-soft);
  color: var(--danger);
}

.search {
  display: flex;
  flex-wrap: wrap;
  align-items: end;
  gap: 0.625rem;
  margin-block-end: 0.625rem;
}

.search label {
  display: grid;
  gap: 0.1875rem;
  color: var(--muted);
  font-size: 0.75rem;
}

.search .grow {
  flex: 1 1 14rem;
}

input,
select {
  inline-size: 100%;
  padding-inline: 0.5rem;
}

.facts {
  margin-block-end: 0.625rem;
  padding: 0.5rem 0.75rem;
  border-radius: 6px;
  background: var(--accent-soft);
  overflow-wrap: anywhere;
}
`],
  ['deliveries.js', `import { post } from './api.js';
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
        button.setAttribute('aria-label', \`Retry \${handler} for \${delivery.name ?? uploadId}\`);
      },
    };
  }

  #noteOf({ state, attempt, dueAt, startedAt }) {
    const attempts = format.counted(attempt, 'attempt');
    if (state === 'dead') return \`after \${attempts}\`;
    if (state === 'running') return \`attempt \${attempt}, since \${this.#until(startedAt, -1)}\`;
    if (attempt === 0) return \`due \${this.#until(dueAt, 1)}\`;
    return \`\${attempts}, next in \${this.#until(dueAt, 1)}\`;
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
    ? \`1 delivery \${verb} tried again.\`
    : \`\${format.count(retried)} deliveries \${verb} tried again.\`;
}
`],
  ['dialogs.css', `/* What lies above the page. */

dialog {
  inline-size: min(40rem, calc(100vw - 2rem));
  max-block-size: calc(100dvh - 2rem);
  padding: 1rem 1.25rem 1.25rem;
  overflow-y: auto;
  border: 1px solid var(--line);
  border-radius: var(--radius);
  background: var(--card);
  color: var(--text);
}

dialog::backdrop {
  background: var(--shade);
}

dialog h2 {
  overflow-wrap: anywhere;
}

dialog h3 {
  margin-block: 1.125rem 0.375rem;
}

#confirm {
  inline-size: min(27rem, calc(100vw - 2rem));
}

#confirm p {
  margin-block-start: 0.5rem;
  color: var(--muted);
}

.dialog-head {
  display: flex;
  align-items: start;
  justify-content: space-between;
  gap: 1rem;
  margin-block-end: 0.75rem;
}

.dialog-foot {
  display: flex;
  justify-content: end;
  gap: 0.5rem;
  margin-block-start: 1.25rem;
}

.message {
  position: fixed;
  z-index: 4;
  inset-block-end: 1rem;
  inset-inline: 1rem;
  max-inline-size: 32rem;
  margin-inline: auto;
  padding: 0.625rem 1rem;
  border-radius: 8px;
  background: var(--text);
  color: var(--page);
  overflow-wrap: anywhere;
}

/* It stays where it is, so that what is written into it is read aloud. */
.message:empty {
  padding: 0;
}

.message[data-error='true'] {
  background: var(--danger);
  color: var(--on-danger);
}

.nothing {
  padding: 1rem;
}
`],
  ['dialogs.js', `import { get } from './api.js';
import { byId, make, setText } from './dom.js';
import * as format from './format.js';

/** Asks before something that cannot be undone. */
export function confirm({ title, text, yes }) {
  const dialog = byId('confirm');
  setText(byId('confirm-title'), title);
  setText(byId('confirm-text'), text);
  setText(byId('confirm-yes'), yes);
  dialog.returnValue = '';
  dialog.showModal();
  byId('confirm-no').focus();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

/** Shows all that is known of an upload. */
export async function showDetails(id) {
  const upload = await get(\`uploads/\${encodeURIComponent(id)}\`);
  setText(byId('details-title'), upload.name ?? 'Without a name');
  byId('details-body').replaceChildren(...partsOf(upload));
  byId('details').showModal();
}

export function prepareDialogs() {
  byId('confirm-no').addEventListener('click', () => byId('confirm').close('no'));
  byId('confirm-yes').addEventListener('click', () => byId('confirm').close('yes'));
  byId('details-close').addEventListener('click', () => byId('details').close());
  for (const dialog of document.querySelectorAll('dialog')) {
    // Around the dialog is its backdrop.
    dialog.addEventListener('click', ({ target }) => target === dialog && dialog.close());
  }
}

function partsOf(upload) {
  const { metadata, deliveries } = upload;
  const said = Object.entries(metadata);
  const open = deliveries.map(({ handler, state, error }) => [
    handler,
    error === undefined ? state : \`\${state}: \${error}\`,
  ]);
  return [
    list(factsOf(upload)),
    ...(said.length > 0 ? [heading('What its client says'), list(said)] : []),
    ...(open.length > 0 ? [heading('Deliveries'), list(open)] : []),
  ];
}

function factsOf(upload) {
  const { id, state, protocol, offset, length, owner, endpoint, hash, storage } = upload;
  const size = length === undefined ? 'not known yet' : sizeOf(length);
  return [
    ['Id', id],
    ['State', upload.partial ? \`\${state}, a part of another upload\` : state],
    ['Received', sizeOf(offset)],
    ['Length', size],
    ['Owner', owner],
    ['Endpoint', endpoint],
    ['Protocol', protocol],
    ['Created', time(upload.createdAt)],
    ['Expires', time(upload.expiresAt)],
    ['Ended', time(upload.endedAt)],
    ['Hash', hash && \`\${hash.algorithm} \${hash.hex}\`],
    ...Object.entries(storage ?? {}).map(([name, value]) => [\`Storage \${name}\`, String(value)]),
  ].filter(([, value]) => value !== undefined);
}

function sizeOf(count) {
  return count < 1000
    ? format.bytes(count)
    : \`\${format.bytes(count)} (\${format.count(count)} bytes)\`;
}

function time(value) {
  return value && format.moment(value);
}

function heading(text) {
  return make('h3', {}, text);
}

function list(pairs) {
  const rows = pairs.map(([name, value]) =>
    make('div', {}, make('dt', {}, name), make('dd', {}, value)),
  );
  return make('dl.pairs', {}, ...rows);
}
`],
  ['dom.js', `/**
 * Makes an element. Text is always text: what clients say of their files is never read as HTML.
 *
 * @param {string} tag with its classes, such as \`td.number\`
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
  return make(\`td\${tag}\`, { role: 'cell', 'data-label': label }, ...children);
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
   * @param build makes \`{ element, show(item) }\` for an item
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
`],
  ['format.js', `const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
const AGO = [
  [60, 1, 's'],
  [3600, 60, 'min'],
  [86_400, 3600, 'h'],
  [Infinity, 86_400, 'd'],
];
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const MINUTE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const COUNT = new Intl.NumberFormat('en');

/** \`12.3 MB\`: decimal units, three digits. */
export function bytes(count) {
  if (count === undefined || count === null) return 'unknown';
  const power = count < 1000 ? 0 : Math.min(Math.floor(Math.log10(count) / 3), UNITS.length - 1);
  const value = count / 1000 ** power;
  if (power === 0) return \`\${Math.round(value)} \${count === 1 ? 'byte' : 'bytes'}\`;
  return \`\${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} \${UNITS[power]}\`;
}

/** The same without zeros behind the point: \`5 MB/s\`. */
export function roundRate(bytesASecond) {
  return rate(bytesASecond).replace(/\\.0+ |(\\.\\d*[1-9])0+ /, '$1 ');
}

export function rate(bytesASecond) {
  return \`\${bytes(bytesASecond)}/s\`;
}

export function count(number) {
  return COUNT.format(number);
}

/** \`1 upload\`, \`2 uploads\`. */
export function counted(number, word) {
  return \`\${count(number)} \${word}\${number === 1 ? '' : 's'}\`;
}

/** \`25\`, or \`25+\` where there are more. */
export function atLeast({ items, more }) {
  return \`\${count(items.length)}\${more ? '+' : ''}\`;
}

/** \`8 s\`, \`3 min\`, \`2 h\`, \`5 d\`. */
export function duration(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const [, size, unit] = AGO.find(([below]) => seconds < below);
  return \`\${Math.round(seconds / size)} \${unit}\`;
}

export function ago(time, now) {
  return \`\${duration(now - Date.parse(time))} ago\`;
}

/** In the reader's own time zone and language. */
export function moment(time) {
  return MOMENT.format(new Date(time));
}

/** The same without seconds. */
export function minute(time) {
  return MINUTE.format(new Date(time));
}

/** The share that is done; only a complete upload has 100 %. */
export function percent(done, whole) {
  if (!whole) return whole === 0 ? '100 %' : '';
  return \`\${Math.floor((done / whole) * 100)} %\`;
}
`],
  ['icon.svg', `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
  <rect width="32" height="32" rx="7" fill="#0f766e" />
  <path
    d="M16 23V9m0 0-6 6m6-6 6 6"
    fill="none"
    stroke="#fff"
    stroke-width="3"
    stroke-linecap="round"
    stroke-linejoin="round"
  />
</svg>
`],
  ['index.html', `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="robots" content="noindex" />
    <title>Uploads</title>
    <link rel="icon" href="{{base}}assets/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="{{base}}assets/base.css" />
    <link rel="stylesheet" href="{{base}}assets/top.css" />
    <link rel="stylesheet" href="{{base}}assets/overview.css" />
    <link rel="stylesheet" href="{{base}}assets/tables.css" />
    <link rel="stylesheet" href="{{base}}assets/controls.css" />
    <link rel="stylesheet" href="{{base}}assets/lists.css" />
    <link rel="stylesheet" href="{{base}}assets/dialogs.css" />
    <link rel="stylesheet" href="{{base}}assets/screens.css" />
    <script type="module" src="{{base}}assets/main.js"></script>
  </head>
  <body>
    <a class="skip" href="#main">Skip to the content</a>
    <header class="top">
      <div class="bar">
        <h1>Uploads <span id="instance" class="instance" hidden></span></h1>
        <div class="live">
          <p id="connection" class="connection" role="status" data-state="waiting">Connecting</p>
          <button id="pause" class="button quiet" type="button" aria-pressed="false">Pause</button>
        </div>
      </div>
      <nav aria-label="Parts of the page">
        <ul>
          <li><a href="#overview">Overview</a></li>
          <li>
            <a href="#receiving">Receiving <span id="nav-receiving" class="count"></span></a>
          </li>
          <li>
            <a href="#deliveries">Deliveries <span id="nav-deliveries" class="count"></span></a>
          </li>
          <li>
            <a href="#quarantine">Quarantine <span id="nav-quarantine" class="count"></span></a>
          </li>
          <li><a href="#search">Finished</a></li>
          <li><a href="#processes">Processes</a></li>
        </ul>
      </nav>
    </header>

    <main id="main" tabindex="-1">
      <noscript><p class="nothing">This page needs JavaScript.</p></noscript>

      <section id="overview" aria-labelledby="overview-title">
        <h2 id="overview-title" class="visually-hidden">Overview</h2>
        <dl class="tiles">
          <div class="tile">
            <dt>Throughput</dt>
            <dd id="tile-rate">–</dd>
            <dd id="tile-rate-note" class="note"></dd>
          </div>
          <div class="tile">
            <dt>Receiving</dt>
            <dd id="tile-receiving">–</dd>
            <dd id="tile-receiving-note" class="note"></dd>
          </div>
          <div class="tile" id="tile-dead-box">
            <dt>Deliveries given up</dt>
            <dd id="tile-dead">–</dd>
            <dd id="tile-dead-note" class="note"></dd>
          </div>
          <div class="tile" id="tile-quarantine-box">
            <dt>Quarantined</dt>
            <dd id="tile-quarantine">–</dd>
            <dd class="note">kept to be looked at</dd>
          </div>
          <div class="tile">
            <dt>Kept</dt>
            <dd id="tile-kept">–</dd>
            <dd id="tile-kept-note" class="note"></dd>
          </div>
          <div class="tile">
            <dt>Room left</dt>
            <dd id="tile-room">–</dd>
            <dd id="tile-room-note" class="note"></dd>
          </div>
        </dl>
        <figure class="card plot">
          <figcaption>
            <span>Bytes received, all processes</span>
            <span id="plot-facts" class="note"></span>
          </figcaption>
          <div id="plot" class="chart"></div>
          <p class="axis" aria-hidden="true">
            <span>5 min ago</span><span>2½ min</span><span>now</span>
          </p>
        </figure>
      </section>

      <section id="receiving" aria-labelledby="receiving-title">
        <div class="heading">
          <h2 id="receiving-title">Receiving</h2>
          <p class="note">Youngest first. Looking disturbs no upload.</p>
        </div>
        <div class="card" data-empty="No upload is on its way.">
          <table role="table" aria-labelledby="receiving-title">
            <thead role="rowgroup">
              <tr role="row">
                <th role="columnheader" scope="col">Upload</th>
                <th role="columnheader" scope="col" class="grow">Progress</th>
                <th role="columnheader" scope="col" class="number">Rate</th>
                <th role="columnheader" scope="col" class="number long">Left</th>
                <th role="columnheader" scope="col" class="medium">At</th>
              </tr>
            </thead>
            <tbody role="rowgroup" id="receiving-rows"></tbody>
          </table>
        </div>
      </section>

      <section id="deliveries" aria-labelledby="deliveries-title">
        <div class="heading">
          <h2 id="deliveries-title">Deliveries</h2>
          <p class="note">Finished uploads on their way to handlers; done ones are not listed.</p>
          <button id="retry-all" class="button" type="button" hidden>Retry all given up</button>
        </div>
        <div class="card" data-empty="Every finished upload has reached its handlers.">
          <table role="table" aria-labelledby="deliveries-title">
            <thead role="rowgroup">
              <tr role="row">
                <th role="columnheader" scope="col">Upload</th>
                <th role="columnheader" scope="col" class="medium">Handler</th>
                <th role="columnheader" scope="col" class="medium">State</th>
                <th role="columnheader" scope="col" class="grow">Last error</th>
                <th role="columnheader" scope="col" class="actions">
                  <span class="visually-hidden">Action</span>
                </th>
              </tr>
            </thead>
            <tbody role="rowgroup" id="deliveries-rows"></tbody>
          </table>
        </div>
      </section>

      <section id="quarantine" aria-labelledby="quarantine-title">
        <div class="heading">
          <h2 id="quarantine-title">Quarantine</h2>
          <p class="note">A released upload counts as finished, and its handlers are called.</p>
        </div>
        <div class="card" data-empty="Nothing is quarantined.">
          <table role="table" aria-labelledby="quarantine-title">
            <thead role="rowgroup">
              <tr role="row">
                <th role="columnheader" scope="col" class="grow">Upload</th>
                <th role="columnheader" scope="col" class="medium">Owner</th>
                <th role="columnheader" scope="col" class="number">Size</th>
                <th role="columnheader" scope="col" class="medium">Since</th>
                <th role="columnheader" scope="col" class="actions two">
                  <span class="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody role="rowgroup" id="quarantine-rows"></tbody>
          </table>
        </div>
      </section>

      <p class="more"><button id="more" class="button" type="button" hidden>Show more</button></p>

      <section id="search" aria-labelledby="search-title">
        <div class="heading">
          <h2 id="search-title">Finished</h2>
          <p class="note">Search finds uploads of other states too.</p>
        </div>
        <form id="search-form" class="search" role="search" aria-labelledby="search-title">
          <label>
            <span>By</span>
            <select name="by">
              <option value="name">Name</option>
              <option value="owner">Owner</option>
              <option value="id">Id</option>
            </select>
          </label>
          <label class="grow">
            <span>Text</span>
            <input
              name="text"
              type="search"
              autocomplete="off"
              spellcheck="false"
              maxlength="1000"
            />
          </label>
          <label>
            <span>State</span>
            <select name="state">
              <option value="finished">Finished</option>
              <option value="">Any</option>
              <option value="receiving">Receiving</option>
              <option value="quarantined">Quarantined</option>
              <option value="terminated">Terminated</option>
              <option value="expired">Expired</option>
            </select>
          </label>
          <button class="button strong" type="submit">Search</button>
        </form>
        <p id="owner-facts" class="facts" hidden></p>
        <div class="card" data-empty="Nothing was found.">
          <table role="table" aria-labelledby="search-title">
            <thead role="rowgroup">
              <tr role="row">
                <th role="columnheader" scope="col" class="grow">Upload</th>
                <th role="columnheader" scope="col" class="medium">Owner</th>
                <th role="columnheader" scope="col" class="number">Size</th>
                <th role="columnheader" scope="col" class="short">State</th>
                <th role="columnheader" scope="col" class="long">When</th>
              </tr>
            </thead>
            <tbody role="rowgroup" id="search-rows"></tbody>
          </table>
        </div>
        <p class="more">
          <span id="search-note" class="note" role="status"></span>
          <button id="search-more" class="button" type="button" hidden>Search on</button>
        </p>
      </section>

      <section id="processes" aria-labelledby="processes-title">
        <div class="heading">
          <h2 id="processes-title">Processes</h2>
          <p class="note">Counts are since the start of each.</p>
        </div>
        <ul id="process-list" class="processes"></ul>
      </section>

      <section id="limits" aria-labelledby="limits-title">
        <div class="heading"><h2 id="limits-title">Quota and room</h2></div>
        <dl id="limits-list" class="card pairs"></dl>
      </section>
    </main>

    <dialog id="details" aria-labelledby="details-title">
      <div class="dialog-head">
        <h2 id="details-title"></h2>
        <button id="details-close" class="button quiet" type="button">Close</button>
      </div>
      <div id="details-body"></div>
    </dialog>

    <dialog id="confirm" aria-labelledby="confirm-title" aria-describedby="confirm-text">
      <h2 id="confirm-title"></h2>
      <p id="confirm-text"></p>
      <div class="dialog-foot">
        <button id="confirm-no" class="button" type="button">Cancel</button>
        <button id="confirm-yes" class="button danger" type="button"></button>
      </div>
    </dialog>

    <div id="message" class="message" role="status" aria-live="polite"></div>
  </body>
</html>
`],
  ['limits.js', `import { byId, pairsIn } from './dom.js';
import * as format from './format.js';

/** What all uploads take, what each owner may have, and the room that is left. */
export class Limits {
  constructor() {
    this.items = pairsIn(byId('limits-list'));
  }

  show({ capacity }) {
    const { usage, quota, room } = capacity;
    this.items.show([
      ['All uploads', \`\${format.counted(usage.uploads, 'upload')}, \${format.bytes(usage.bytes)}\`],
      [
        'Unfinished of them',
        \`\${format.counted(usage.unfinished, 'upload')}, \${format.bytes(usage.pending)} when whole\`,
      ],
      ['Quota of each owner', quotaText(quota)],
      ['Room on the disk', room === undefined ? 'This storage cannot tell.' : format.bytes(room)],
    ]);
  }
}

/** What one owner has, and may have. */
export function usageText(owner, { usage, quota }) {
  const has = \`\${format.counted(usage.uploads, 'upload')} with \${format.bytes(usage.bytes)}\`;
  const some = \`\${format.count(usage.unfinished)} unfinished\`;
  return \`\${owner} has \${has}, \${some}. Quota: \${quotaText(quota)}\`;
}

function quotaText(quota) {
  if (quota === undefined) return 'None is set.';
  if (quota === 'by-request') return 'A function of the app tells it for each creation.';
  const { bytes, uploads, concurrent } = quota;
  const parts = [
    isLimit(bytes) && format.bytes(bytes),
    isLimit(uploads) && format.counted(uploads, 'upload'),
    isLimit(concurrent) && \`\${format.count(concurrent)} unfinished at a time\`,
  ].filter(Boolean);
  return parts.length === 0 ? 'None is set.' : \`\${parts.join(', ')}.\`;
}

/** JSON has no infinity. */
function isLimit(value) {
  return value !== undefined && value !== null;
}
`],
  ['lists.css', `/* Processes, and pairs of a name and a value. */

.processes {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr));
  gap: 0.75rem;
}

.processes > li {
  padding: 0.75rem 1rem;
}

.process-head {
  display: flex;
  flex-wrap: wrap;
  justify-content: space-between;
  gap: 0 1rem;
  margin-block-end: 0.5rem;
  overflow-wrap: anywhere;
}

[data-silent='true'] .note {
  color: var(--danger);
}

.pairs {
  display: grid;
  gap: 0.25rem;
  font-variant-numeric: tabular-nums;
}

.pairs > div {
  display: grid;
  grid-template-columns: minmax(0, 10.5rem) minmax(0, 1fr);
  gap: 0.75rem;
}

.pairs dt {
  color: var(--muted);
  overflow-wrap: anywhere;
}

.pairs dd {
  overflow-wrap: anywhere;
  white-space: pre-line;
}

.card.pairs {
  padding: 0.75rem 1rem;
}
`],
  ['main.js', `import { get } from './api.js';
import { Deliveries } from './deliveries.js';
import { confirm, prepareDialogs, showDetails } from './dialogs.js';
import { byId, setData, setHidden, setText } from './dom.js';
import { Limits } from './limits.js';
import { Processes } from './processes.js';
import { Quarantine } from './quarantine.js';
import { Receiving } from './receiving.js';
import { Search } from './search.js';
import { Tiles } from './tiles.js';

/** Milliseconds between two looks, and the most after ones that failed. */
const PACE = 1000;
const SLOWEST = 15_000;

/** Items of each list, and the most. */
const FIRST = 25;
const MOST = 500;

const STATES = { live: 'Live', paused: 'Paused', lost: 'No connection', refused: 'Not allowed' };

const tiles = new Tiles();
const receiving = new Receiving(open);
const deliveries = new Deliveries(open, act);
const quarantine = new Quarantine(open, act, confirm);
const processes = new Processes();
const limits = new Limits();
const search = new Search(open, tell);

let limit = FIRST;
let isPaused = false;
let failures = 0;
let timer;
let forgetting;
let ends;

prepareDialogs();
byId('pause').addEventListener('click', togglePause);
byId('more').addEventListener('click', showMore);
// A page that is not seen asks for nothing.
document.addEventListener('visibilitychange', () => void look());
await Promise.all([look(), search.begin()]);

/** Looks now, and again later as long as the page is seen. */
async function look() {
  clearTimeout(timer);
  if (document.hidden || isPaused) return;
  try {
    show(await get('overview', { limit }));
    failures = 0;
    showState('live');
  } catch (error) {
    failures += 1;
    showState(error.isRefused ? 'refused' : 'lost', error.message);
  }
  clearTimeout(timer);
  timer = setTimeout(() => void look(), Math.min(PACE * 2 ** failures, SLOWEST));
}

function show(overview) {
  receiving.show(overview);
  tiles.show(overview, receiving.active);
  deliveries.show(overview);
  quarantine.show(overview);
  processes.show(overview);
  limits.show(overview);
  renewSearch(overview);
  const lists = [overview.receiving, overview.quarantined, ...Object.values(overview.deliveries)];
  setHidden(byId('more'), limit >= MOST || !lists.some(({ more }) => more));
}

/** What is found changes when an upload has come to another state. */
function renewSearch({ processes }) {
  const counts = processes.map(({ report }) => Object.values(report?.stats.uploads ?? {}));
  const now = counts.flat().join();
  if (ends !== undefined && ends !== now) void search.renew();
  ends = now;
}

function showState(state, title = '') {
  const element = byId('connection');
  setText(element, STATES[state]);
  setData(element, 'state', state);
  element.title = title;
}

function togglePause() {
  isPaused = !isPaused;
  byId('pause').setAttribute('aria-pressed', String(isPaused));
  if (isPaused) showState('paused');
  else void look();
}

function showMore() {
  limit = Math.min(limit * 2, MOST);
  void look();
}

function open(id) {
  showDetails(id).catch(tell);
}

/** Does what a button is for, tells what came of it, and shows how things are then. */
async function act(work, button) {
  button.disabled = true;
  try {
    say(await work());
  } catch (error) {
    tell(error);
  } finally {
    button.disabled = false;
  }
  await Promise.all([look(), search.renew()]);
  // The row of the button may have gone with the keyboard's place in the page.
  if (!button.isConnected || button.hidden) byId('main').focus({ preventScroll: true });
}

function tell(error) {
  say(error.message, true);
}

function say(text, isError = false) {
  const message = byId('message');
  setText(message, text);
  setData(message, 'error', String(isError));
  clearTimeout(forgetting);
  forgetting = setTimeout(() => setText(message, ''), isError ? 10_000 : 5000);
}
`],
  ['overview.css', `/* The figures and the plot. */

.tiles {
  display: grid;
  grid-template-columns: repeat(6, minmax(0, 1fr));
  border: 1px solid var(--line);
  border-radius: var(--radius) var(--radius) 0 0;
  background: var(--line);
  gap: 1px;
  overflow: hidden;
}

.tile {
  padding: 0.75rem 1rem;
  background: var(--card);
}

.tile dt {
  color: var(--muted);
  font-size: 0.8125rem;
}

.tile dd:not(.note) {
  font-size: 1.3125rem;
  font-weight: 600;
  font-variant-numeric: tabular-nums;
  letter-spacing: -0.015em;
  line-height: 1.35;
}

.tile[data-alert='true'] dd:not(.note) {
  color: var(--danger);
}

.plot {
  padding: 0.75rem 1rem;
  border-block-start: 0;
  border-radius: 0 0 var(--radius) var(--radius);
}

.plot figcaption {
  display: flex;
  flex-wrap: wrap;
  justify-content: space-between;
  gap: 0 1rem;
  margin-block-end: 0.5rem;
  font-size: 0.8125rem;
}

.chart {
  position: relative;
  block-size: 8.5rem;
  border-block: 1px solid var(--line);
  /* The line at half of the scale. */
  background: linear-gradient(var(--line), var(--line)) center / 100% 1px no-repeat;
  direction: ltr;
}

.chart svg {
  display: block;
  inline-size: 100%;
  block-size: 100%;
  overflow: visible;
}

.area {
  fill: var(--accent);
  opacity: 0.14;
}

.line {
  fill: none;
  stroke: var(--accent);
  stroke-linejoin: round;
  stroke-width: 1.5;
  vector-effect: non-scaling-stroke;
}

.scale {
  position: absolute;
  inset-block-start: 0.125rem;
  inset-inline-start: 0;
  padding-inline: 0.25rem;
  border-radius: 3px;
  background: color-mix(in srgb, var(--card) 80%, transparent);
}

.scale.half {
  inset-block-start: calc(50% + 0.125rem);
}

.scale,
.axis {
  color: var(--muted);
  font-size: 0.75rem;
  font-variant-numeric: tabular-nums;
}

.axis {
  display: flex;
  justify-content: space-between;
  margin-block-start: 0.25rem;
}
`],
  ['plot.js', `import { byId, make, setText } from './dom.js';
import * as format from './format.js';

const NAMESPACE = 'http://www.w3.org/2000/svg';
const HEIGHT = 100;

/** Draws the bytes that came in the last minutes, and says it in words too. */
export class Plot {
  #area = shape('path', { class: 'area' });
  #line = shape('path', { class: 'line' });
  #svg = shape('svg', { preserveAspectRatio: 'none', role: 'img' });
  #top = make('span.scale');
  #half = make('span.scale.half');

  constructor(parent) {
    this.#svg.append(this.#area, this.#line);
    parent.append(this.#top, this.#half, this.#svg);
  }

  /** The last step is not over, and is left out. */
  show({ step, bytes }) {
    const rates = bytes.slice(0, -1).map((count) => (count * 1000) / step);
    const highest = Math.max(...rates);
    const scale = niceAbove(highest);
    const points = rates.map((value, index) => [index, HEIGHT * (1 - value / scale)]);
    const line = points.map(([x, y]) => \`\${x} \${y.toFixed(2)}\`).join('L');
    const last = rates.length - 1;
    this.#svg.setAttribute('viewBox', \`0 0 \${last} \${HEIGHT}\`);
    this.#line.setAttribute('d', \`M\${line}\`);
    this.#area.setAttribute('d', \`M0 \${HEIGHT}L\${line}L\${last} \${HEIGHT}Z\`);
    setText(this.#top, format.roundRate(scale));
    setText(this.#half, format.roundRate(scale / 2));
    const sum = rates.reduce((all, value) => all + value, 0);
    const facts = \`highest \${format.rate(highest)} · mean \${format.rate(sum / rates.length)}\`;
    setText(byId('plot-facts'), facts);
    const told = \`Bytes received in the last five minutes: now \${format.rate(rates[last])}, \${facts}.\`;
    if (this.#svg.getAttribute('aria-label') !== told) this.#svg.setAttribute('aria-label', told);
  }
}

function shape(name, attributes) {
  const element = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** 1, 2 or 5 times a power of ten, with some air above the line. */
function niceAbove(value) {
  const least = Math.max(value * 1.05, 1000);
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((nice) => nice >= least);
}
`],
  ['processes.js', `import { byId, Items, make, pairsIn, setData, setText } from './dom.js';
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
        setText(title, report ? \`\${report.host} · \${report.pid}\` : identity);
        setData(element, 'silent', String(!report));
        setText(note, report ? this.#noteOf(report, isThis) : 'does not answer');
        pairs.show(report ? this.#pairsOf(report) : []);
      },
    };
  }

  #noteOf({ stats }, isThis) {
    const since = \`runs for \${format.duration(this.#at - Date.parse(stats.since))}\`;
    return isThis ? \`\${since} · answers this page\` : since;
  }

  #pairsOf({ stats, throughput, appends }) {
    const { uploads, deliveries, refused } = stats;
    const last = throughput.bytes.at(-2) ?? 0;
    const now = format.rate((last * 1000) / throughput.step);
    return [
      ['Running requests', this.#runningText(stats.appends.running, appends)],
      ['Receives', \`\${now} · \${format.bytes(stats.appends.bytes)} since the start\`],
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
      return \`\${name} for \${this.#since(since)}\`;
    });
    const others = running > named.length && named.length > 0 ? ['…'] : [];
    return [format.count(running), ...named, ...others].join('\\n');
  }

  #since(time) {
    return format.duration(this.#at - Date.parse(time));
  }

  #passText(pass, words, none) {
    if (!pass) return none;
    const ended = \`\${this.#since(pass.endedAt)} ago\`;
    if (pass.error !== undefined) return \`failed \${ended}: \${pass.error}\`;
    return \`\${ended} · \${listed(words, pass.counts)}\`;
  }
}

const ENDS = {
  finished: 'finished',
  terminated: 'terminated',
  expired: 'expired',
  quarantined: 'quarantined',
};

/** \`3 created, 2 finished\`; what there is none of is left out. */
function listed(words, counts) {
  const parts = Object.entries(words)
    .filter(([key]) => counts[key] > 0)
    .map(([key, word]) => \`\${format.count(counts[key])} \${word}\`);
  return parts.length === 0 ? 'nothing' : parts.join(', ');
}

function appendsText({ ended, takenOver, fenced }) {
  const parts = [
    \`\${format.count(ended)} ended\`,
    takenOver > 0 && \`\${format.count(takenOver)} taken over\`,
    fenced > 0 && \`\${format.count(fenced)} fenced\`,
  ];
  return parts.filter(Boolean).join(', ');
}

/** The most frequent first. */
function refusedText(refused) {
  const reasons = Object.entries(refused).sort(([, a], [, b]) => b - a);
  if (reasons.length === 0) return 'nothing';
  return reasons.map(([reason, number]) => \`\${format.count(number)} \${reason}\`).join(', ');
}
`],
  ['quarantine.js', `import { post } from './api.js';
import { byId, cell, Items, make, nameButton, row, setCell, setText } from './dom.js';
import * as format from './format.js';

/** Uploads that were refused at their finish and kept, to be released or removed. */
export class Quarantine {
  #at = 0;

  constructor(onOpen, act, confirm) {
    const build = ({ id }) => this.#build(id, onOpen, act, confirm);
    this.items = new Items(byId('quarantine-rows'), ({ id }) => id, build);
  }

  show({ quarantined, at }) {
    this.#at = Date.parse(at);
    this.items.show(quarantined.items);
    setText(byId('nav-quarantine'), quarantined.items.length ? format.atLeast(quarantined) : '');
  }

  #build(id, onOpen, act, confirm) {
    const name = nameButton(onOpen);
    const cells = {
      owner: cell('', 'Owner'),
      size: cell('.number', 'Size'),
      since: cell('', 'Since'),
    };
    const release = make('button.button', { type: 'button' }, 'Release');
    const remove = make('button.button.danger', { type: 'button' }, 'Remove');
    let shown = '';
    const send = (action, done) => async () => {
      await post(\`uploads/\${encodeURIComponent(id)}/\${action}\`);
      return \`\${shown} is \${done}.\`;
    };
    release.addEventListener('click', () => act(send('release', 'released'), release));
    const removeIfSure = async () => {
      const isSure = await confirm({
        title: \`Remove \${shown}?\`,
        text: 'Its bytes are deleted, and its client is told that it is gone. This cannot be undone.',
        yes: 'Remove',
      });
      if (isSure) await act(send('remove', 'removed'), remove);
    };
    remove.addEventListener('click', () => void removeIfSure());
    return {
      element: row(
        cell('.first.wide', 'Upload', name.element),
        ...Object.values(cells),
        cell('.actions', '', make('div.buttons', {}, release, remove)),
      ),
      show: (upload) => {
        shown = upload.name ?? upload.id;
        name.show(upload, '');
        setCell(cells.owner, upload.owner);
        setText(cells.size, format.bytes(upload.offset));
        setText(cells.since, format.ago(upload.endedAt ?? upload.createdAt, this.#at));
        release.setAttribute('aria-label', \`Release \${shown}\`);
        remove.setAttribute('aria-label', \`Remove \${shown}\`);
      },
    };
  }
}
`],
  ['rates.js', `/** Milliseconds after which an upload counts as idle that no byte came to. */
const IDLE = 5000;

/** Share that the newest figure has in a rate, for each second it is of. */
const WEIGHT = 0.45;

/** How fast uploads come, seen from one look to the next. */
export class Rates {
  #known = new Map();

  /** @param at when that was so, in milliseconds */
  note(uploads, at) {
    const before = this.#known;
    this.#known = new Map(uploads.map((upload) => [upload.id, next(before, upload, at)]));
  }

  /** Bytes a second. */
  of(id) {
    return this.#known.get(id)?.rate ?? 0;
  }

  isIdle(id, at) {
    return at - (this.#known.get(id)?.advancedAt ?? -Infinity) > IDLE;
  }
}

function next(known, { id, offset }, at) {
  const before = known.get(id);
  if (!before || at <= before.at) return before ?? { offset, at, rate: 0, advancedAt: -Infinity };
  const seconds = (at - before.at) / 1000;
  const now = Math.max(0, offset - before.offset) / seconds;
  const weight = before.rate === 0 ? 1 : Math.min(1, WEIGHT * seconds);
  const rate = before.rate + weight * (now - before.rate);
  const advancedAt = offset > before.offset ? at : before.advancedAt;
  return { offset, at, rate: rate < 1 ? 0 : rate, advancedAt };
}
`],
  ['receiving.js', `import { byId, cell, Items, make, nameButton, row, setCell, setData, setText } from './dom.js';
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
  return report && \`\${report.host} · \${report.pid}\`;
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
  progress.setAttribute('aria-label', \`Progress of \${name}\`);
  const share = format.percent(offset, length);
  const size = length === undefined ? 'length not known yet' : format.bytes(length);
  setText(facts, \`\${share ? \`\${share} · \` : ''}\${format.bytes(offset)} of \${size}\`);
}

function remaining({ offset, length }, rate) {
  if (length === undefined || rate === 0) return undefined;
  return format.duration(((length - offset) / rate) * 1000);
}

function expiry({ expiresAt }, now) {
  return expiresAt && \`expires in \${format.duration(Date.parse(expiresAt) - now)}\`;
}
`],
  ['screens.css', `@media (width < 62rem) {
  .tiles {
    grid-template-columns: repeat(3, minmax(0, 1fr));
  }
}

/* On a small screen each row of a table is a card, with its columns' names before the values. */
@media (width < 46rem) {
  .bar,
  nav ul,
  main {
    padding-inline: 0.875rem;
  }

  .tiles {
    grid-template-columns: repeat(2, minmax(0, 1fr));
  }

  .tile {
    padding: 0.5rem 0.75rem;
  }

  thead {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
  }

  table,
  tbody,
  tr,
  td {
    display: block;
  }

  tbody tr {
    padding: 0.625rem 0.875rem;
  }

  tbody tr + tr {
    border-block-start: 1px solid var(--line);
  }

  tbody tr + tr td {
    border: 0;
  }

  td,
  td.number,
  td.first,
  td:first-child,
  td:last-child {
    display: grid;
    grid-template-columns: 5.5rem minmax(0, 1fr);
    gap: 0.5rem;
    inline-size: auto;
    padding: 0.125rem 0;
    text-align: start;
    white-space: normal;
  }

  td::before {
    color: var(--muted);
    font-family: system-ui, sans-serif;
    font-size: 0.8125rem;
    content: attr(data-label);
  }

  td .badge {
    align-self: center;
    justify-self: start;
  }

  td.first {
    display: block;
  }

  td[data-none='true'] {
    display: none;
  }

  td.first::before,
  td.actions::before {
    content: none;
  }

  td.actions {
    display: block;
    padding-block-start: 0.375rem;
    text-align: start;
  }

  td.actions:has(> [hidden]) {
    display: none;
  }

  .search label,
  .search .grow {
    flex: 1 1 7rem;
  }

  .search .grow {
    order: -1;
    flex-basis: 100%;
  }

  .search .button {
    flex: 1 1 100%;
  }

  .pairs > div {
    grid-template-columns: minmax(0, 7rem) minmax(0, 1fr);
  }
}

@media (pointer: coarse) {
  .button,
  .button.quiet,
  input,
  select {
    min-block-size: 2.75rem;
  }

  nav a {
    min-block-size: 2.75rem;
  }

  input,
  select {
    font-size: 1rem;
  }
}

@media (prefers-reduced-motion: reduce) {
  *,
  *::before,
  *::after {
    transition: none !important;
  }
}

@media (prefers-reduced-motion: no-preference) {
  html {
    scroll-behavior: smooth;
  }
}

@media (forced-colors: active) {
  progress,
  .badge,
  .connection::before {
    forced-color-adjust: none;
  }
}
`],
  ['search.js', `import { get } from './api.js';
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
    const found = \`\${format.counted(this.#found.length, 'upload')} shown\`;
    if (this.#cursor === undefined) return \`\${found}; these are all.\`;
    return \`\${found} of the youngest \${format.count(this.#looked)}; there are more.\`;
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
`],
  ['tables.css', `/* Tables. */

[data-empty] {
  overflow: hidden;
}

[data-empty]:not([data-count]) > table,
[data-count='0'] > table {
  display: none;
}

[data-empty][data-count='0']::after,
[data-empty]:not([data-count])::after {
  display: block;
  padding: 0.75rem 1rem;
  color: var(--muted);
  content: attr(data-empty);
}

[data-empty]:not([data-count])::after {
  content: '…';
}

table {
  inline-size: 100%;
  border-collapse: collapse;
  table-layout: fixed;
  font-variant-numeric: tabular-nums;
}

th {
  padding: 0.5rem 0.75rem;
  border-block-end: 1px solid var(--line);
  color: var(--muted);
  font-size: 0.75rem;
  font-weight: 500;
  text-align: start;
  white-space: nowrap;
}

td {
  padding: 0.4375rem 0.75rem;
  vertical-align: middle;
  overflow-wrap: anywhere;
}

tbody tr + tr td {
  border-block-start: 1px solid var(--line);
}

tbody tr:hover {
  background: color-mix(in srgb, var(--accent-soft) 35%, transparent);
}

th:first-child,
td:first-child {
  padding-inline-start: 1rem;
}

th:last-child,
td:last-child {
  padding-inline-end: 1rem;
}

th.short {
  inline-size: 8rem;
}

th.number {
  inline-size: 7rem;
}

th.medium {
  inline-size: 11.5rem;
}

th.long {
  inline-size: 13.5rem;
}

th.number.long {
  inline-size: 9.5rem;
}

th.actions {
  inline-size: 6.5rem;
}

th.actions.two {
  inline-size: 12.5rem;
}

.number,
td.number {
  text-align: end;
  white-space: nowrap;
}

.named,
.stack {
  display: grid;
  justify-items: start;
}

.name {
  display: -webkit-box;
  max-inline-size: 100%;
  padding: 0;
  overflow: hidden;
  border: 0;
  border-radius: 3px;
  background: none;
  color: inherit;
  font: inherit;
  font-weight: 500;
  text-align: start;
  cursor: pointer;
  overflow-wrap: anywhere;
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 2;
}

.name:hover {
  color: var(--accent-strong);
  text-decoration: underline;
  text-underline-offset: 0.15em;
}

.sub {
  max-inline-size: 100%;
  font-size: 0.75rem;
}

.code {
  font-family: ui-monospace, monospace;
  font-size: 0.8125rem;
}

.error {
  color: var(--muted);
  font-size: 0.8125rem;
  white-space: pre-line;
}

td.actions {
  text-align: end;
  white-space: nowrap;
}

.buttons {
  display: inline-flex;
  gap: 0.5rem;
}

.progress {
  display: grid;
  gap: 0.1875rem;
}

progress {
  display: block;
  inline-size: 100%;
  block-size: 6px;
  overflow: hidden;
  border: 0;
  border-radius: 3px;
  background: var(--track);
  appearance: none;
}

progress::-webkit-progress-bar {
  background: var(--track);
}

progress::-webkit-progress-value {
  border-radius: 3px;
  background: var(--accent);
  transition: inline-size 0.8s linear;
}

progress::-moz-progress-bar {
  border-radius: 3px;
  background: var(--accent);
}

/* Its length is not known: no animation, only a bar that is not empty. */
progress:indeterminate {
  background: repeating-linear-gradient(
    -45deg,
    var(--track) 0 6px,
    color-mix(in srgb, var(--accent) 45%, var(--track)) 6px 12px
  );
}

progress:indeterminate::-webkit-progress-bar {
  background: transparent;
}

progress:indeterminate::-moz-progress-bar {
  background: transparent;
}

[data-pace='idle'] progress::-webkit-progress-value {
  background: var(--line-strong);
}

[data-pace='idle'] progress::-moz-progress-bar {
  background: var(--line-strong);
}

[data-pace='idle'] .number,
[data-pace='idle'] td:last-child {
  color: var(--muted);
}

.badge {
  display: inline-block;
  padding: 0.0625rem 0.5rem;
  border-radius: 1rem;
  background: var(--track);
  font-size: 0.75rem;
  font-weight: 500;
  white-space: nowrap;
}

.badge::first-letter {
  text-transform: uppercase;
}

.badge[data-state='running'],
.badge[data-state='finished'] {
  background: var(--accent-soft);
  color: var(--accent-strong);
}

.badge[data-state='dead'],
.badge[data-state='quarantined'] {
  background: var(--danger-soft);
  color: var(--danger);
}

.badge[data-state='waiting'] {
  background: var(--warning-soft);
  color: var(--warning);
}
`],
  ['tiles.js', `import { byId, setData, setHidden, setText } from './dom.js';
import * as format from './format.js';
import { Plot } from './plot.js';

/** The figures at the top, and the plot below them. */
export class Tiles {
  #plot = new Plot(byId('plot'));

  show(overview, active) {
    const { instance, throughput, receiving, deliveries, quarantined, capacity } = overview;
    setHidden(byId('instance'), instance === undefined);
    setText(byId('instance'), instance ?? '');
    if (throughput) this.#showThroughput(throughput);
    setText(byId('tile-receiving'), format.atLeast(receiving));
    setText(byId('tile-receiving-note'), \`\${format.count(active)} with bytes coming\`);
    this.#showDeliveries(deliveries);
    setText(byId('tile-quarantine'), format.atLeast(quarantined));
    setData(byId('tile-quarantine-box'), 'alert', String(quarantined.items.length > 0));
    this.#showCapacity(capacity);
  }

  #showThroughput(throughput) {
    this.#plot.show(throughput);
    const { bytes, step, until } = throughput;
    setText(byId('tile-rate'), format.rate((bytes.at(-2) * 1000) / step));
    const all = bytes.reduce((sum, count) => sum + count, 0);
    setText(byId('tile-rate-note'), \`\${format.bytes(all)} in five minutes\`);
    setData(byId('plot'), 'until', until);
  }

  #showDeliveries({ dead, running, waiting }) {
    setText(byId('tile-dead'), format.atLeast(dead));
    const open = \`\${format.atLeast(waiting)} waiting, \${format.atLeast(running)} running\`;
    setText(byId('tile-dead-note'), open);
    setData(byId('tile-dead-box'), 'alert', String(dead.items.length > 0));
  }

  #showCapacity({ usage, room }) {
    setText(byId('tile-kept'), format.bytes(usage.bytes));
    setText(byId('tile-kept-note'), format.counted(usage.uploads, 'upload'));
    setText(byId('tile-room'), room === undefined ? '–' : format.bytes(room));
    const note = room === undefined ? 'this storage cannot tell' : 'on the disk';
    setText(byId('tile-room-note'), note);
  }
}
`],
  ['top.css', `/* The top: it stays, so that a look at the state of things is always possible. */

.top {
  position: sticky;
  z-index: 2;
  inset-block-start: 0;
  border-block-end: 1px solid var(--line);
  background: var(--card);
}

.bar,
nav ul,
main {
  max-inline-size: 84rem;
  margin-inline: auto;
  padding-inline: 1.25rem;
}

.bar {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: space-between;
  gap: 0.25rem 1rem;
  padding-block: 0.625rem 0.25rem;
}

.instance {
  margin-inline-start: 0.375rem;
  padding: 0.0625rem 0.5rem;
  border-radius: 1rem;
  background: var(--accent-soft);
  color: var(--accent-strong);
  font-size: 0.8125rem;
  font-weight: 500;
}

.live {
  display: flex;
  align-items: center;
  gap: 0.75rem;
}

.connection {
  display: inline-flex;
  align-items: center;
  gap: 0.4rem;
  color: var(--warning);
  font-size: 0.8125rem;
  font-weight: 500;
}

.connection::before {
  inline-size: 0.5rem;
  block-size: 0.5rem;
  border-radius: 50%;
  background: currentcolor;
  content: '';
}

.connection[data-state='live'] {
  color: var(--accent-strong);
}

.connection[data-state='paused'] {
  color: var(--muted);
}

.connection[data-state='lost'],
.connection[data-state='refused'] {
  color: var(--danger);
}

nav ul {
  display: flex;
  gap: 1.125rem;
  overflow-x: auto;
  scrollbar-width: none;
}

nav a {
  display: inline-flex;
  align-items: center;
  gap: 0.375rem;
  min-block-size: 2.25rem;
  border-block-end: 2px solid transparent;
  color: var(--muted);
  text-decoration: none;
  white-space: nowrap;
}

nav a:hover {
  border-color: var(--line-strong);
  color: var(--text);
}

nav a:focus-visible {
  outline-offset: -2px;
}

.count:not(:empty) {
  min-inline-size: 1.25rem;
  padding: 0 0.375rem;
  border-radius: 1rem;
  background: var(--track);
  color: var(--text);
  font-size: 0.75rem;
  font-variant-numeric: tabular-nums;
  text-align: center;
}

#nav-deliveries:not(:empty),
#nav-quarantine:not(:empty) {
  background: var(--danger-soft);
  color: var(--danger);
}

main {
  padding-block: 1.25rem 4rem;
}

section + section,
.more + section,
.card + .more {
  margin-block-start: 1.75rem;
}

.heading {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.25rem 0.75rem;
  min-block-size: 2rem;
  margin-block-end: 0.5rem;
}

.heading .button {
  margin-inline-start: auto;
}

.card {
  border: 1px solid var(--line);
  border-radius: var(--radius);
  background: var(--card);
}

.card + .more,
.more {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: space-between;
  gap: 0.5rem 1rem;
  margin-block-start: 0.625rem;
}

.more:has(> [hidden]:only-child) {
  display: none;
}
`],
]);
