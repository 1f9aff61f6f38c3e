import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const TIMEOUT = 300_000;

/**
 * Runs a command to its end; what it printed is shown when it fails.
 *
 * @param options of `execFileSync()`
 * @returns what it printed
 */
export function run(command, args, options) {
  try {
    return execFileSync(command, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT,
      killSignal: 'SIGKILL',
      ...options,
    });
  } catch (error) {
    console.error(`${command} ${args.join(' ')}\n${error.stdout}\n${error.stderr}`);
    throw error;
  }
}

/** Runs a program of an installed package to its end, and says that it went well. */
export function check(what, program, args, cwd) {
  run('npx', ['--no', '--', program, ...args], { cwd });
  console.log(`  ${what}: ok`);
}

/** Makes a folder to install packages into. */
export function makeFolder(folder) {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  return folder;
}

/** Installs packages into a folder that has a package.json. */
export function install(cwd, packages) {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', ['install', ...quiet, ...packages], { cwd });
}
