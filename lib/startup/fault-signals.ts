/** Signals that the system sends a process for a fault of its own native code (POSIX `<signal.h>`). */
const FAULT_SIGNALS = ['SIGBUS', 'SIGFPE', 'SIGILL', 'SIGSEGV'] as const;

type OnFreed = (signals: readonly string[]) => void;

const watchers = new Set<OnFreed>();

/**
 * Lets the signals of native faults end the process, as they do unless the process listens to them.
 *
 * A listener in JavaScript never runs for a fault: the instruction that failed is repeated for ever
 * instead, with the event loop stopped. Nest's `enableShutdownHooks()` without arguments listens to
 * them. Listeners are removed, later ones too.
 *
 * @param onFreed told of the signals whose listeners were taken off
 * @returns stops it
 */
export function freeFaultSignals(onFreed: OnFreed): () => void {
  watchers.add(onFreed);
  if (watchers.size === 1) process.on('newListener', freeSoon);
  free();
  return () => {
    watchers.delete(onFreed);
    if (watchers.size === 0) process.off('newListener', freeSoon);
  };
}

/** Node tells of a listener before it adds it. */
function freeSoon(event: string | symbol): void {
  if (FAULT_SIGNALS.some((signal) => signal === event)) queueMicrotask(free);
}

function free(): void {
  const heard = FAULT_SIGNALS.filter((signal) => process.listenerCount(signal) > 0);
  if (heard.length === 0) return;
  for (const signal of heard) process.removeAllListeners(signal);
  for (const onFreed of watchers) onFreed(heard);
}
