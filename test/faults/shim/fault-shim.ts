import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The source lies beside this file's, not beside what is compiled of it. */
const SOURCE = fileURLToPath(new URL('../../../../test/faults/shim/faults.c', import.meta.url));

/** `EIO`, `ENOSPC` and `EDQUOT` of Linux. */
export const EIO = 5;
export const ENOSPC = 28;
export const EDQUOT = 122;

/** A call of the C library that can be made to fail. */
export type FaultyCall =
  | 'close'
  | 'fdatasync'
  | 'fsync'
  | 'ftruncate64'
  | 'open64'
  | 'pwrite64'
  | 'pwritev64'
  | 'rename'
  | 'stat'
  | 'unlink';

/** Which calls fail, and how. */
export interface FaultRule {
  readonly calls: readonly FaultyCall[];
  /** What the path of the file contains, or is like: `*` is any text, slashes included. */
  readonly path: string;
  /** `EIO` unless given; below 0 so many milliseconds that they take longer, and do not fail. */
  readonly code?: number;
  /** How often; for ever unless given. */
  readonly times?: number;
  /** How often they succeed before. */
  readonly after?: number;
  /** Whether what was written since the last flush of the file is lost by that. */
  readonly loses?: boolean;
}

/** The environment of processes whose calls can be made to fail. */
export interface FaultyEnvironment extends NodeJS.ProcessEnv {
  readonly TUS_FAULTS: string;
}

/**
 * Builds the library that makes chosen calls of a process fail.
 *
 * @returns the environment to start the process with; `undefined` where there is no C compiler, or
 *   another system than Linux
 */
export async function buildFaultShim(folder: string): Promise<FaultyEnvironment | undefined> {
  if (process.platform !== 'linux') return undefined;
  const library = join(folder, 'faults.so');
  try {
    await run('cc', ['-shared', '-fPIC', '-O2', '-o', library, SOURCE, '-ldl']);
  } catch {
    return undefined;
  }
  return { ...process.env, LD_PRELOAD: library, TUS_FAULTS: join(folder, 'rules') };
}

/** How many rules there were. */
let given = 0;

/** Makes calls of processes fail. The rules before are gone; without any, all succeed again. */
export function setFaults({ TUS_FAULTS }: FaultyEnvironment, ...rules: readonly FaultRule[]): void {
  const lines = rules.flatMap(({ calls, path, code = EIO, times = -1, after = 0, loses }) => {
    const effect = loses ? 'lose' : 'none';
    // With a number, so that no rule is taken for one that was used up.
    return calls.map((call) => [call, path, code, times, after, effect, given++, '\n'].join(' '));
  });
  writeFileSync(TUS_FAULTS, lines.join(''));
}
