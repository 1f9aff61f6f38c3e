import { readFileSync } from 'node:fs';

/**
 * Milliseconds for which this thread was ready to run so far and had no processor (Linux,
 * `Documentation/scheduler/sched-stats`); 0 where the system does not tell.
 */
export function processorWait(): number {
  try {
    const [, nanoseconds] = readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ');
    return Number(nanoseconds) / 1e6;
  } catch {
    return 0;
  }
}
