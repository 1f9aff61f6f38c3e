import { readFile } from 'node:fs/promises';

/** Clock ticks a second that Linux counts a process's time in. */
const TICKS = 100;
const KB = 1024;

/** What a process has used so far. */
export interface ProcessUse {
  /** Seconds on a processor, those of the system included. */
  readonly cpu: number;
  /** The most memory it ever had, in bytes. */
  readonly peakMemory: number;
}

/** Reads what a process has used from `/proc`, which only Linux has. */
export async function useOf(pid: number): Promise<ProcessUse> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  return {
    cpu: (Number(fields[11]) + Number(fields[12])) / TICKS,
    peakMemory: Number(peak) * KB,
  };
}
