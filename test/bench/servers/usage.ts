import { readFile } from 'node:fs/promises';

/** Clock ticks a second that Linux counts a process's time in. */
const TICKS = 100;
const KB = 1024;

/** How long other work had to wait for the event loop, in milliseconds. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

/** What a process has used so far. */
export interface Usage {
  /** Seconds on a processor, of all threads, those of the system included. */
  readonly cpu: number;
  /** Bytes of memory it has now. */
  readonly memory: number;
  /** The most bytes of memory it had. */
  readonly peakMemory: number;
  /** Absent for a process without an event loop to look at. */
  readonly delay?: LoopDelay;
}

/** Reads from `/proc`, which only Linux has, what a process has used. */
export async function usageOf(pid: number): Promise<Usage> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
  return {
    cpu: await secondsOf(pid, OWN),
    memory: kilobytes('VmRSS') * KB,
    peakMemory: kilobytes('VmHWM') * KB,
  };
}

/** Fields of `/proc/<pid>/stat` behind the command's name: user and system time. */
const OWN = [11, 12] as const;
const OF_CHILDREN = [13, 14] as const;

/** Seconds that the ended children of this process spent on a processor. */
export async function secondsOfChildren(): Promise<number> {
  return secondsOf(process.pid, OF_CHILDREN);
}

async function secondsOf(pid: number, fields: readonly [number, number]): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const values = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(values[fields[0]]) + Number(values[fields[1]])) / TICKS;
}
