/** Milliseconds after which an upload counts as idle that no byte came to. */
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
