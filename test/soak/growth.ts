/** Bytes resident at a time, in milliseconds since the load began. */
export interface MemorySample {
  readonly at: number;
  readonly rss: number;
}

/**
 * By how much memory has grown once everything was warm: from the median of the window after that to
 * the median of the last window, for a single sample may be of any moment.
 *
 * @param warm milliseconds that do not count
 * @param window milliseconds
 * @returns bytes; `undefined` when there are not two windows
 */
export function growthOf(
  samples: readonly MemorySample[],
  warm: number,
  window: number,
): number | undefined {
  const end = samples.at(-1)?.at ?? 0;
  if (end - warm < 2 * window) return undefined;
  const first = samples.filter(({ at }) => at >= warm && at < warm + window);
  const last = samples.filter(({ at }) => at > end - window);
  if (first.length === 0) return undefined;
  return median(last) - median(first);
}

function median(samples: readonly MemorySample[]): number {
  const sorted = samples.map(({ rss }) => rss).sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1] ?? 0, sorted[middle] ?? 0];
  return (low + high) / 2;
}
