import { get } from './api.js';
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
  const upload = await get(`uploads/${encodeURIComponent(id)}`);
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
    error === undefined ? state : `${state}: ${error}`,
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
    ['State', upload.partial ? `${state}, a part of another upload` : state],
    ['Received', sizeOf(offset)],
    ['Length', size],
    ['Owner', owner],
    ['Endpoint', endpoint],
    ['Protocol', protocol],
    ['Created', time(upload.createdAt)],
    ['Expires', time(upload.expiresAt)],
    ['Ended', time(upload.endedAt)],
    ['Hash', hash && `${hash.algorithm} ${hash.hex}`],
    ...Object.entries(storage ?? {}).map(([name, value]) => [`Storage ${name}`, String(value)]),
  ].filter(([, value]) => value !== undefined);
}

function sizeOf(count) {
  return count < 1000
    ? format.bytes(count)
    : `${format.bytes(count)} (${format.count(count)} bytes)`;
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
