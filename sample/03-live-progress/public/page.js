import { Chart } from './chart.js';
import { formatRate } from './format.js';
import { Lane } from './lane.js';
import { listen, look } from './live.js';
import { Minute, scaleFor } from './minute.js';
import { sendFiles, sendGenerated } from './send.js';

/** Milliseconds that an upload stays in its place once it has ended. */
const LINGER = 2500;

/** How many uploads that have ended are shown. */
const MAX_ENDED = 30;

/** Milliseconds between two summaries that are read out. */
const SUMMARY_EVERY = 10_000;

const page = Object.fromEntries(
  [...document.querySelectorAll('body [id]')].map((element) => [element.id, element]),
);

/** Lanes by upload: of those that run, and of those that have ended lately. */
const running = new Map();
const ended = new Map();

const total = new Minute();
const totalChart = new Chart(page.total);
const counts = { finished: 0, broken: 0 };

// What the server tells ----------------------------------------------------------------------

listen({
  onRunning(uploads) {
    setConnection(true);
    for (const upload of uploads) {
      const lane = running.get(upload.id) ?? addLane(upload);
      total.add(lane.update(upload));
    }
    void lookForLost(uploads);
  },
  onNews(uploads) {
    uploads.forEach(take);
    showCounts();
  },
  onLost: () => setConnection(false),
});

function take(upload) {
  const isNew = !running.has(upload.id) && !ended.has(upload.id);
  const lane = isNew
    ? addLane({ ...upload, offset: 0, state: 'receiving' })
    : (running.get(upload.id) ?? ended.get(upload.id));
  const wasRunning = lane.isRunning;
  total.add(lane.update(upload));
  if (wasRunning && !lane.isRunning) {
    endLane(lane);
  }
}

/** Uploads may have ended while the connection was lost. */
async function lookForLost(uploads) {
  const known = new Set(uploads.map(({ id }) => id));
  const lost = [...running.values()].filter((lane) => !known.has(lane.upload.id));
  const found = await Promise.all(lost.map((lane) => look(lane.upload)));
  found.forEach(take);
  showCounts();
}

function setConnection(isLive) {
  page.connection.textContent = isLive ? 'Live' : 'Connecting again …';
  page.connection.dataset.live = String(isLive);
  showCounts();
}

// Lanes --------------------------------------------------------------------------------------

function addLane(upload) {
  const lane = new Lane(upload);
  running.set(upload.id, lane);
  page.lanes.append(lane.element);
  return lane;
}

function endLane(lane) {
  const { id, state } = lane.upload;
  running.delete(id);
  ended.set(id, lane);
  counts[state === 'finished' ? 'finished' : 'broken'] += 1;
  setTimeout(() => {
    lane.freeze();
    page.ended.prepend(lane.element);
    forgetOldest();
    showCounts();
  }, LINGER);
}

function forgetOldest() {
  while (page.ended.childElementCount > MAX_ENDED) {
    const oldest = page.ended.lastElementChild;
    const [id] = [...ended].find(([, lane]) => lane.element === oldest);
    ended.delete(id);
    oldest.remove();
  }
}

// Each second --------------------------------------------------------------------------------

let seconds = 0;

/** Browsers call a page in the background less often. */
function pass() {
  const lanes = [...running.values()];
  const now = Math.round(performance.now() / 1000);
  for (; seconds < now; seconds += 1) {
    total.tick();
    lanes.forEach((lane) => lane.tick());
  }
  draw(lanes);
  showCounts();
}

function draw(lanes) {
  const scale = scaleFor(total.peak);
  totalChart.glide(total.values, scale);
  page.scale.textContent = formatRate(scale);
  page.half.textContent = formatRate(scale / 2);
  const [now, most] = [total.rate, total.peak].map(formatRate);
  page.total.setAttribute('aria-label', `Now ${now}, at most ${most} in the last minute`);

  if (lanes.length === 0) {
    return;
  }
  const laneScale = scaleFor(Math.max(...lanes.map(({ minute }) => minute.peak)));
  lanes.forEach((lane) => lane.draw(laneScale));
  page['lane-scale'].textContent = `Last minute, each chart up to ${formatRate(laneScale)}`;
}

setInterval(pass, 1000);
setInterval(announce, SUMMARY_EVERY);

// Figures ------------------------------------------------------------------------------------

function showCounts() {
  page.running.textContent = String(running.size);
  page.rate.textContent = formatRate(total.rate);
  page.finished.textContent = String(counts.finished);
  page.broken.textContent = String(counts.broken);
  page.nothing.hidden = page.lanes.childElementCount > 0;
  page['lane-scale'].hidden = !page.nothing.hidden;
  page.ended.closest('section').hidden = page.ended.childElementCount === 0;
}

/** A sentence now and then, for a change; each upload's own would be too many. */
function announce() {
  const sentence = `${running.size} running, ${counts.finished} complete, ${counts.broken} broken off.`;
  if (page.announcer.textContent !== sentence) {
    page.announcer.textContent = sentence;
  }
}

// Sending something --------------------------------------------------------------------------

for (const button of document.querySelectorAll('[data-count]')) {
  button.addEventListener('click', () => {
    for (let count = 0; count < Number(button.dataset.count); count += 1) {
      sendGenerated();
    }
  });
}

page.files.addEventListener('change', () => {
  sendFiles([...page.files.files]);
  page.files.value = '';
});

pass();
