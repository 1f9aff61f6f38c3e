import type { ThroughputStats } from '../measures/index.js';

/** Adds up what came to several processes, step by step; their clocks may differ. */
export function summedThroughput(
  own: ThroughputStats,
  others: readonly ThroughputStats[],
): ThroughputStats {
  const bytes = [...own.bytes];
  for (const other of others) {
    const ahead = Math.round((own.until.getTime() - other.until.getTime()) / own.step);
    other.bytes.forEach((count, index) => {
      const at = index - ahead;
      if (at in bytes) bytes[at] = (bytes[at] ?? 0) + count;
    });
  }
  return { ...own, bytes };
}
