import { byId, make, setText } from './dom.js';
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
    const line = points.map(([x, y]) => `${x} ${y.toFixed(2)}`).join('L');
    const last = rates.length - 1;
    this.#svg.setAttribute('viewBox', `0 0 ${last} ${HEIGHT}`);
    this.#line.setAttribute('d', `M${line}`);
    this.#area.setAttribute('d', `M0 ${HEIGHT}L${line}L${last} ${HEIGHT}Z`);
    setText(this.#top, format.roundRate(scale));
    setText(this.#half, format.roundRate(scale / 2));
    const sum = rates.reduce((all, value) => all + value, 0);
    const facts = `highest ${format.rate(highest)} · mean ${format.rate(sum / rates.length)}`;
    setText(byId('plot-facts'), facts);
    const told = `Bytes received in the last five minutes: now ${format.rate(rates[last])}, ${facts}.`;
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
