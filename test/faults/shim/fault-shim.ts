import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The source lies beside this file's, not beside what is compiled of it. */
const SOURCE = fileURLToPath(new URL('../../../../test/faults/shim/faults.c', import.meta.url));

/** `EIO` of Linux. */
export const EIO = 5;

/** A call of the C library that can be made to fail. */
export type FaultyCall = 'fdatasync' | 'fsync' | 'pwrite64' | 'pwritev64';

/**
 * Builds the library that makes chosen calls of a process fail.
 *
 * @returns the environment to start the process with; `undefined` where there is no C compiler, or
 *   another system than Linux
 */
export async function buildFaultShim(folder: string): Promise<NodeJS.ProcessEnv | undefined> {
  if (process.platform !== 'linux') return undefined;
  const library = join(folder, 'faults.so');
  try {
    await run('cc', ['-shared', '-fPIC', '-O2', '-o', library, SOURCE, '-ldl']);
  } catch {
    return undefined;
  }
  return { ...process.env, LD_PRELOAD: library, TUS_FAULTS: join(folder, 'rules') };
}

/**
 * Makes calls of this process fail on files whose path contains a text; `times` of -1 is for ever.
 * The rules before are gone.
 */
export function failOn(
  calls: readonly FaultyCall[],
  path: string,
  times: number,
  code = EIO,
): void {
  const rules = calls.map((call) => `${call} ${path} ${code} ${times}\n`);
  writeFileSync(process.env.TUS_FAULTS!, rules.join(''));
}

/** Lets everything succeed again. */
export function failNoMore(): void {
  writeFileSync(process.env.TUS_FAULTS!, '');
}
