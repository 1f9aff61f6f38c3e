/** What a spec has started and not ended yet. */
const leftovers = new Set<() => Promise<unknown>>();

/**
 * Ends what a failing test leaves behind, after its spec, lest it keeps the process from ending.
 *
 * @returns to be called by what ends in order
 */
export function endAfterSpec(end: () => Promise<unknown>): () => void {
  leftovers.add(end);
  return () => void leftovers.delete(end);
}

/** Ends all that a spec has left. */
export async function endLeftovers(): Promise<void> {
  const ends = [...leftovers];
  leftovers.clear();
  await Promise.all(ends.map((end) => end()));
}
