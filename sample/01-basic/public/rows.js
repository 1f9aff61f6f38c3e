import { formatBytes, formatDate, formatPercent, formatRemaining, percent } from './format.js';

const STATES = {
  waiting: 'Waiting for its turn',
  retrying: 'Connection lost, trying again',
  paused: 'Paused',
  finished: 'Complete, waiting for the app to take it over',
};

/** The row of a transfer: `render()` shows how things stand. */
export function transferRow(transfer, { onPause, onResume, onCancel }) {
  const row = clone('transfer-row');
  const [pause, resume, cancel] = ['pause', 'resume', 'cancel'].map((name) => part(row, name));
  setName(row, transfer.file.name);
  pause.addEventListener('click', () => {
    onPause();
    resume.focus();
  });
  resume.addEventListener('click', () => {
    onResume();
    pause.focus();
  });
  cancel.addEventListener('click', onCancel);
  return { element: row, render: () => renderTransfer(row, transfer) };
}

function renderTransfer(row, transfer) {
  const { state, sent, file } = transfer;
  row.dataset.state = state;
  setBar(row, state === 'finished' ? 100 : percent(sent, file.size));
  part(row, 'facts').textContent = transferFacts(transfer);
  part(row, 'pause').hidden = !['waiting', 'sending', 'retrying'].includes(state);
  part(row, 'resume').hidden = !['paused', 'failed'].includes(state);
  setVerb(part(row, 'resume'), state === 'failed' ? 'Try again' : 'Resume', file.name);
  part(row, 'cancel').hidden = state === 'finished';
}

function transferFacts(transfer) {
  const { state, sent, rate, file } = transfer;
  const facts = [`${formatBytes(sent)} of ${formatBytes(file.size)}`];
  if (state === 'sending' && rate > 0) {
    facts.push(`${formatBytes(rate)}/s`, formatRemaining(file.size - sent, rate));
  }
  facts.push(state === 'failed' ? transfer.error : STATES[state]);
  return facts.filter(Boolean).join(' · ');
}

/** The row of an upload that was begun before this page was loaded. */
export function unfinishedRow(previous, offset, { onFile, onDiscard }) {
  const row = clone('unfinished-row');
  const received = offset === undefined ? '' : `${formatBytes(offset)} of `;
  setName(row, previous.metadata.filename);
  setBar(row, percent(offset ?? 0, previous.size));
  part(row, 'facts').textContent =
    `${received}${formatBytes(previous.size)} · Choose the file again to go on`;
  part(row, 'file').addEventListener('change', ({ target }) => {
    const [file] = target.files;
    target.value = '';
    onFile(file, (message) => {
      row.dataset.state = 'failed';
      part(row, 'facts').textContent = message;
    });
  });
  part(row, 'discard').addEventListener('click', onDiscard);
  return row;
}

/** The row of an upload that the app has taken over. */
export function finishedRow({ name, size, path, url, finishedAt }) {
  const row = clone('finished-row');
  const facts = [formatBytes(size)];
  if (finishedAt) {
    facts.push(formatDate(new Date(finishedAt)));
  }
  part(row, 'name').replaceChildren(url === undefined ? name : linkTo(url, name));
  part(row, 'facts').textContent = facts.join(' · ');
  part(row, 'path').textContent = path ?? 'The file has been removed.';
  return row;
}

function linkTo(href, text) {
  return Object.assign(document.createElement('a'), { href, textContent: text });
}

function clone(template) {
  return document.getElementById(template).content.firstElementChild.cloneNode(true);
}

function part(row, name) {
  return row.querySelector(`[data-part="${name}"]`);
}

function setName(row, name) {
  part(row, 'name').textContent = name;
  part(row, 'bar').setAttribute('aria-label', `Progress of ${name}`);
  for (const control of row.querySelectorAll('[data-verb]')) {
    control.setAttribute('aria-label', `${control.dataset.verb}: ${name}`);
  }
}

function setVerb(button, verb, name) {
  button.textContent = verb;
  button.setAttribute('aria-label', `${verb}: ${name}`);
}

function setBar(row, value) {
  const bar = part(row, 'bar');
  bar.setAttribute('aria-valuenow', String(value));
  bar.firstElementChild.style.inlineSize = `${value}%`;
  part(row, 'percent').textContent = formatPercent(value);
}
