import { get } from './api.js';
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
