import { SECONDS } from './minute.js';

/** Of the coordinates; a second is 1 wide. */
const HEIGHT = 100;

const calm = window.matchMedia('(prefers-reduced-motion: reduce)');

/** An area of bytes a second. */
export class Chart {
  #svg = document.getElementById('chart').content.firstElementChild.cloneNode(true);

  constructor(element) {
    element.append(this.#svg);
  }

  /** Draws the last minute, to be done each second. */
  draw(values, scale) {
    this.#show(values, scale);
  }

  /** Draws the last minute, and moves to the left until the next second; costs more. */
  glide(values, scale) {
    this.draw(values, scale);
    if (!calm.matches) {
      const second = `translateX(${-100 / (SECONDS + 1)}%)`;
      const moves = { duration: 1000, fill: 'forwards' };
      this.#svg.animate([{ transform: 'none' }, { transform: second }], moves);
    }
  }

  /** Draws what was, from its first byte to its last. */
  freeze(values) {
    const first = values.findIndex((value) => value > 0);
    const past = values.slice(Math.max(0, first - 1));
    this.#svg.classList.add('frozen');
    this.#show(past, Math.max(...past, 1));
  }

  #show(values, scale) {
    const [area, line] = this.#svg.querySelectorAll('path');
    const end = values.length - 1;
    const path = curve(values.map((value) => round(HEIGHT * (1 - value / scale))));
    this.#svg.setAttribute('viewBox', `0 0 ${end} ${HEIGHT}`);
    area.setAttribute('d', `${path}V${HEIGHT}H0Z`);
    line.setAttribute('d', path);
  }
}

/** A path through the middles between two points each, bent towards the points. */
function curve(heights) {
  const bends = heights.slice(1).map((height, x) => {
    const previous = heights[x];
    return `Q${x} ${previous} ${x + 0.5} ${round((previous + height) / 2)}`;
  });
  return `M0 ${heights[0]}${bends.join('')}L${heights.length - 1} ${heights.at(-1)}`;
}

function round(number) {
  return Math.round(number * 100) / 100;
}
