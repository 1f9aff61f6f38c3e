import { formatBytes } from './format.js';
import { endpoint, sendingOf } from './sending.js';

const POLL_EVERY = 1000;
const REMARKS = { paused: 'Paused', retrying: 'Connection lost, trying again' };

const page = Object.fromEntries(
  [...document.querySelectorAll('[id]')].map((element) => [element.id, element]),
);

/** The file that is on its way, if there is one. */
let sending;
let shown = '';

page.url.textContent = endpoint;
page.curl.textContent = `curl -T holiday.mp4 -X POST ${endpoint}`;

// Sending ------------------------------------------------------------------------------------

page.file.addEventListener('change', () => {
  begin(page.file.files[0]);
  page.file.value = '';
});

function begin(file) {
  const way = page.ways.querySelector(':checked').value;
  sending = sendingOf(file, way);
  sending.addEventListener('change', render);
  void sending.start();
}

page.pause.addEventListener('click', () => {
  void sending.pause();
  page.resume.focus();
});

page.resume.addEventListener('click', () => {
  sending.start();
  page.pause.focus();
});

function render() {
  const { state, sent, file, error, canPause } = sending;
  const isOver = state === 'finished' || state === 'failed';
  const progress = `${formatBytes(sent)} of ${formatBytes(file.size)}`;
  const done = `${file.name} has arrived.`;
  page.card.dataset.state = state;
  page.facts.textContent =
    state === 'finished' ? done : [progress, REMARKS[state]].filter(Boolean).join(' · ');
  page.announcer.textContent = state === 'finished' ? done : (REMARKS[state] ?? '');
  page.refusal.textContent = error;
  page.refusal.hidden = state !== 'failed';
  page.picker.hidden = !isOver;
  page.pause.hidden = !canPause || (state !== 'sending' && state !== 'retrying');
  page.resume.hidden = state !== 'paused';
  setBar(file.size === 0 ? 100 : Math.floor((sent / file.size) * 100));
  if (isOver) {
    void showReceived();
  }
}

function setBar(percent) {
  page.bar.setAttribute('aria-valuenow', String(percent));
  page.bar.firstElementChild.style.inlineSize = `${percent}%`;
}

// What has come, by whatever client -----------------------------------------------------------

async function showReceived() {
  const response = await fetch('received').catch(() => undefined);
  const files = response?.ok ? await response.json() : [];
  const ids = files.map(({ id }) => id).join();
  if (ids !== shown && response?.ok) {
    shown = ids;
    page.received.replaceChildren(...files.map(rowOf));
    page.nothing.hidden = files.length > 0;
  }
}

function rowOf({ name, size, sha256, protocol, client }) {
  const row = page.row.content.firstElementChild.cloneNode(true);
  const texts = {
    name,
    protocol,
    facts: [formatBytes(size), client].filter(Boolean).join(' · '),
    hash: `sha256 ${sha256}`,
  };
  for (const [part, text] of Object.entries(texts)) {
    row.querySelector(`[data-part="${part}"]`).textContent = text;
  }
  return row;
}

setInterval(() => void showReceived(), POLL_EVERY);
void showReceived();
