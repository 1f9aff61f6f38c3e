import { finishedRow, transferRow, unfinishedRow } from './rows.js';
import { Transfer, forget, terminate, unfinishedUploads } from './transfer.js';

const MAX_SENDING = 3;
const RENDER_EVERY = 400;
const POLL_WHILE_EXPECTING = 400;
const POLL_OTHERWISE = 5000;

const page = Object.fromEntries(
  ['drop', 'files', 'transfers', 'unfinished', 'finished', 'nothing', 'announcer'].map((id) => [
    id,
    document.getElementById(id),
  ]),
);

/** Transfers in the order they were added, each with its row. */
const transfers = new Map();
let finishedIds = '';

// Choosing files -----------------------------------------------------------------------------

page.files.addEventListener('change', () => {
  void addFiles([...page.files.files]);
  page.files.value = '';
});

for (const type of ['dragenter', 'dragover']) {
  document.addEventListener(type, (event) => {
    if (event.dataTransfer?.types.includes('Files')) {
      event.preventDefault();
      page.drop.classList.add('over');
    }
  });
}

document.addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) {
    page.drop.classList.remove('over');
  }
});

document.addEventListener('drop', (event) => {
  event.preventDefault();
  page.drop.classList.remove('over');
  void addFiles(droppedFiles(event.dataTransfer));
});

/** The files among what was dropped; a folder is none. */
function droppedFiles(dataTransfer) {
  return [...dataTransfer.items]
    .filter((item) => item.kind === 'file' && !item.webkitGetAsEntry()?.isDirectory)
    .map((item) => item.getAsFile());
}

async function addFiles(files) {
  for (const file of files) {
    if (![...transfers.keys()].some((transfer) => transfer.isSameFile(file))) {
      const transfer = new Transfer(file);
      const previous = await transfer.findPrevious();
      if (previous) {
        transfer.continueFrom(previous);
      }
      addTransfer(transfer);
    }
  }
  await showUnfinished();
}

// Transfers ----------------------------------------------------------------------------------

function addTransfer(transfer) {
  const row = transferRow(transfer, {
    onPause: () => void transfer.pause(),
    onResume: () => transfer.wait(),
    onCancel: () => void cancel(transfer),
  });
  transfers.set(transfer, row);
  page.transfers.append(row.element);
  transfer.addEventListener('change', () => transferChanged(transfer));
  transferChanged(transfer);
}

function transferChanged(transfer) {
  transfers.get(transfer)?.render();
  announce(transfer);
  showSections();
  startNext();
  if (transfer.state === 'finished') {
    void poll();
  }
}

function startNext() {
  const all = [...transfers.keys()];
  const busy = all.filter(({ state }) => state === 'sending' || state === 'retrying').length;
  const next = all.find(({ state }) => state === 'waiting');
  if (next && busy < MAX_SENDING) {
    next.start();
  }
}

async function cancel(transfer) {
  removeTransfer(transfer);
  // A server that cannot be reached lets the upload expire.
  await transfer.cancel().catch(() => forgetUrl(transfer.url));
}

function removeTransfer(transfer) {
  const { element } = transfers.get(transfer);
  if (element.contains(document.activeElement)) {
    page.files.focus();
  }
  transfers.delete(transfer);
  element.remove();
  showSections();
}

async function forgetUrl(url) {
  const all = await unfinishedUploads();
  await Promise.all(all.filter(({ uploadUrl }) => uploadUrl === url).map(forget));
}

window.addEventListener('online', () => {
  for (const transfer of transfers.keys()) {
    if (transfer.state === 'failed') {
      transfer.wait();
    }
  }
});

setInterval(() => {
  for (const [transfer, row] of transfers) {
    if (transfer.state === 'sending') {
      row.render();
    }
  }
}, RENDER_EVERY);

function announce({ state, file, error }) {
  const sentences = {
    retrying: `${file.name}: connection lost, trying again.`,
    paused: `${file.name} is paused.`,
    failed: `${file.name} has stopped. ${error}`,
    finished: `${file.name} is complete.`,
  };
  if (sentences[state]) {
    page.announcer.textContent = sentences[state];
  }
}

// What an earlier visit left unfinished --------------------------------------------------------

async function showUnfinished() {
  const running = [...transfers.keys()].map(({ url }) => url);
  const left = (await unfinishedUploads()).filter(({ uploadUrl }) => !running.includes(uploadUrl));
  const rows = await Promise.all(left.map(unfinishedRowOf));
  page.unfinished.replaceChildren(...rows.filter(Boolean));
  showSections();
}

async function unfinishedRowOf(previous) {
  const status = await statusOf(previous.uploadUrl);
  if (status && status.state !== 'receiving') {
    await forget(previous);
    return undefined;
  }
  return unfinishedRow(previous, status?.offset, {
    onFile: (file, refuse) => void goOn(previous, file, refuse),
    onDiscard: () => void discard(previous),
  });
}

async function goOn(previous, file, refuse) {
  const found = await new Transfer(file).findPrevious();
  if (found?.uploadUrl === previous.uploadUrl) {
    await addFiles([file]);
  } else {
    refuse('That is not the file this upload began with: its name, size or date differs.');
  }
}

async function discard(previous) {
  await forget(previous);
  await terminate(previous.uploadUrl).catch(() => undefined);
  await showUnfinished();
  page.files.focus();
}

/** How the server sees an upload; `undefined` when it cannot be reached. */
async function statusOf(uploadUrl) {
  const id = uploadUrl.split('/').pop();
  const response = await fetch(`uploads/${id}`).catch(() => undefined);
  if (response?.status === 404) {
    return { state: 'unknown' };
  }
  return response?.ok ? response.json() : undefined;
}

// What the app's handler has recorded ----------------------------------------------------------

async function showFinished() {
  const response = await fetch('uploads').catch(() => undefined);
  if (!response?.ok) {
    return;
  }
  const items = await response.json();
  const ids = items.map(({ id }) => id).join();
  if (ids !== finishedIds) {
    finishedIds = ids;
    page.finished.replaceChildren(...items.map(finishedRow));
  }
  dropRecorded(items);
  showSections();
}

function dropRecorded(items) {
  for (const transfer of transfers.keys()) {
    if (transfer.state === 'finished' && items.some(({ id }) => transfer.url.endsWith(`/${id}`))) {
      removeTransfer(transfer);
    }
  }
}

let pollTimer;

async function poll() {
  clearTimeout(pollTimer);
  await showFinished();
  const expecting = [...transfers.keys()].some(({ state }) => state === 'finished');
  clearTimeout(pollTimer);
  pollTimer = setTimeout(() => void poll(), expecting ? POLL_WHILE_EXPECTING : POLL_OTHERWISE);
}

// ----------------------------------------------------------------------------------------------

function showSections() {
  page.transfers.closest('section').hidden = page.transfers.childElementCount === 0;
  page.unfinished.closest('section').hidden = page.unfinished.childElementCount === 0;
  page.nothing.hidden = page.finished.childElementCount > 0;
}

void showUnfinished();
void poll();
