import { Logger } from '@nestjs/common';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { processWide } from '../process-wide.js';
import { LOGGER_CONTEXT } from '../tus.constants.js';

interface Manifest {
  readonly name?: string;
  readonly version?: string;
}

/** What V8 makes the stack of an error by. */
interface Stacks {
  prepareStackTrace?: (error: Error, sites: NodeJS.CallSite[]) => unknown;
}

/** The folders of all copies that were loaded, and how many of them were already told of. */
const copies = processWide('copies', () => ({ folders: new Set<string>(), told: 1 }));

const ownFile = findOwnFile();
// This file lies one folder below the copy's own.
if (ownFile !== undefined) copies.folders.add(dirname(dirname(ownFile)));

/** Says where all copies of this package in the process are, once for each further one. */
export function warnOfCopies(): void {
  const { size } = copies.folders;
  if (size <= copies.told) return;
  copies.told = size;
  new Logger(LOGGER_CONTEXT).warn(packageTwice([...copies.folders].map(describe)));
}

/** The stack tells it in both formats; no other expression compiles in both. */
function findOwnFile(): string | undefined {
  const stacks: Stacks = Error;
  const { prepareStackTrace } = stacks;
  try {
    stacks.prepareStackTrace = (_, sites) => sites[0]?.getFileName();
    const file = new Error().stack as unknown as string | undefined;
    return file?.startsWith('file:') ? fileURLToPath(file) : file;
  } finally {
    stacks.prepareStackTrace = prepareStackTrace;
  }
}

function describe(folder: string): string {
  const version = versionAt(dirname(folder)) ?? versionAt(dirname(dirname(folder)));
  return version === undefined ? folder : `${folder} (${version})`;
}

/** The version of this package, if it lies in that folder; a bundle has none. */
function versionAt(folder: string): string | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
    return manifest.name === 'nestjs-tus' ? manifest.version : undefined;
  } catch {
    return undefined;
  }
}

/** Each copy knows only its own classes. */
function packageTwice(places: readonly string[]): string {
  return (
    `nestjs-tus is loaded ${places.length} times: from ${places.join(' and from ')}. The ` +
    `TusService of one copy cannot be injected where that of another is asked for, and errors of ` +
    `one are no instances of another's classes. Load it in one way only (import gives ES modules, ` +
    `require() CommonJS), and in one version.`
  );
}
