import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { secondsOfChildren } from '../servers/usage.js';
import type { Sample } from './scenario.interface.js';

const run = promisify(execFile);

/** Measures a command of the system, and removes the file it has made. */
export async function runCommand(
  command: string,
  args: readonly string[],
  made: string,
): Promise<Sample> {
  const before = await secondsOfChildren();
  const start = performance.now();
  await run(command, args);
  const figure = (performance.now() - start) / 1000;
  const cpu = (await secondsOfChildren()) - before;
  await rm(made);
  return { figure, cpu };
}

/** Waits until nothing that was written before is on its way to the disk any more. */
export async function settleDisk(): Promise<void> {
  await run('sync');
}
