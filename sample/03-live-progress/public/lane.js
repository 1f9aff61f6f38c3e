import { Chart } from './chart.js';
import { formatBytes, formatDuration, formatRate, formatShare } from './format.js';
import { Minute } from './minute.js';

const ENDS = {
  finished: 'Complete',
  terminated: 'Cancelled',
  expired: 'Expired',
  quarantined: 'Held back by the app',
};

/** Seconds without a byte after which an upload counts as waiting. */
const PATIENCE = 4;

/** An upload, as the page shows it. */
export class Lane {
  element = document.getElementById('lane').content.firstElementChild.cloneNode(true);
  minute = new Minute();
  #chart = new Chart(this.#part('chart'));
  #quiet = 0;

  constructor(upload) {
    this.upload = upload;
    this.#part('name').textContent = upload.name;
    this.#part('name').title = upload.name;
    this.#part('bar').setAttribute('aria-label', `Progress of ${upload.name}`);
    this.#describe('nothing yet');
    this.render();
  }

  get isRunning() {
    return this.upload.state === 'receiving';
  }

  /** Takes over what is known now. @returns how many bytes have come since */
  update(upload) {
    // What was cancelled has no bytes any more.
    const offset = Math.max(upload.offset, this.upload.offset);
    const bytes = offset - this.upload.offset;
    this.upload = { ...upload, offset };
    this.minute.add(bytes);
    this.#quiet = bytes > 0 ? 0 : this.#quiet;
    this.render();
    return bytes;
  }

  /** A second has gone. */
  tick() {
    this.minute.tick();
    this.#quiet += 1;
    this.render();
  }

  draw(scale) {
    this.#chart.draw(this.minute.values, scale);
    const { rate, peak } = this.minute;
    this.#describe(`now ${formatRate(rate)}, at most ${formatRate(peak)} in the last minute`);
  }

  /** Lets the chart stand still, as the picture of the whole upload. */
  freeze() {
    this.minute.tick();
    this.#chart.freeze(this.minute.values);
    this.#describe(`at most ${formatRate(this.minute.peak)}`);
  }

  render() {
    const { offset, length } = this.upload;
    const share = length ? offset / length : 0;
    this.element.dataset.state = this.#state();
    this.#part('percent').textContent = length === undefined ? '' : formatShare(share);
    this.#part('bar').setAttribute('aria-valuenow', String(Math.floor(share * 100)));
    this.#part('bar').firstElementChild.style.transform = `scaleX(${share})`;
    this.#part('facts').textContent = this.isRunning ? this.#progress() : this.#outcome();
  }

  #state() {
    const { state } = this.upload;
    return state === 'receiving' && this.#quiet >= PATIENCE ? 'waiting' : state;
  }

  #progress() {
    const { offset, length } = this.upload;
    const size = length === undefined ? '' : ` of ${formatBytes(length)}`;
    const pace = this.#quiet >= PATIENCE ? 'waiting' : formatRate(this.minute.rate);
    return `${formatBytes(offset)}${size} · ${pace}`;
  }

  #outcome() {
    const { state, offset, createdAt, endedAt } = this.upload;
    const after = endedAt
      ? ` after ${formatDuration(Date.parse(endedAt) - Date.parse(createdAt))}`
      : '';
    return `${ENDS[state] ?? 'Gone'}${after} · ${formatBytes(offset)}`;
  }

  #describe(words) {
    this.#part('chart').setAttribute('aria-label', `Throughput of ${this.upload.name}: ${words}`);
  }

  #part(name) {
    return this.element.querySelector(`[data-part="${name}"]`);
  }
}
