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
export type FaultyCall =
  'close' | 'fdatasync' | 'fsync' | 'open' | 'pwrite64' | 'pwritev64' | 'stat';

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
 * Makes calls of a process fail on files whose path contains a text; `times` of -1 is for ever. The
 * rules before are gone.
 *
 * @param rules file of the rules, as in the environment of the process: of this one unless given
 */
export function failOn(
  calls: readonly FaultyCall[],
  path: string,
  times: number,
  code = EIO,
  rules = process.env.TUS_FAULTS!,
): void {
  const lines = calls.map((call) => `${call} ${path} ${code} ${times}\n`);
  writeFileSync(rules, lines.join(''));
}

/** Makes calls take so many milliseconds longer, for ever; else as `failOn()`. */
export function delayOn(
  calls: readonly FaultyCall[],
  path: string,
  milliseconds: number,
  rules?: string,
): void {
  failOn(calls, path, -1, -milliseconds, rules);
}

/** Lets everything succeed again, and at once. */
export function failNoMore(rules = process.env.TUS_FAULTS!): void {
  writeFileSync(rules, '');
}
