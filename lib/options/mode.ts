import { TusOptionError } from '../errors/index.js';

/** Octal digits, with or without what says so. */
const OCTAL = /^(?:0o)?[0-7]{3,5}$/;

/** The rights of a mode, without which this module could not use what it makes. */
interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly example: string;
}

/** Its owner reads and writes; no bits beside those of rights. */
const FILE: Bounds = { least: 0o600, most: 0o777, example: `0o640 or '0640'` };

/** Its owner lists and enters it too; `setgid` and `sticky` make sense of folders. */
const DIRECTORY: Bounds = { least: 0o700, most: 0o3777, example: `0o750 or '0750'` };

/**
 * Reads the mode of files: a number, or its octal digits.
 *
 * @throws TusOptionError
 */
export function parseFileMode(option: string, value: unknown): number {
  return parseMode(option, value, FILE);
}

/**
 * Reads the mode of folders: a number, or its octal digits.
 *
 * @throws TusOptionError
 */
export function parseDirectoryMode(option: string, value: unknown): number {
  return parseMode(option, value, DIRECTORY);
}

/** A number that was meant to be octal, such as 640, lacks rights or has too many, so it is found. */
function parseMode(option: string, value: unknown, { least, most, example }: Bounds): number {
  const mode = toNumber(value);
  const isMode = Number.isInteger(mode) && mode >= 0 && mode <= most;
  const isUsable = isMode && (mode & least) === least;
  if (isUsable) return mode;
  throw new TusOptionError(
    option,
    value,
    `Give a mode such as ${example}, octal, with at least ${toOctal(least)} for its owner and at ` +
      `most ${toOctal(most)}.`,
  );
}

function toNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && OCTAL.test(value)
    ? parseInt(value.replace('0o', ''), 8)
    : NaN;
}

function toOctal(mode: number): string {
  return `0${mode.toString(8)}`;
}
