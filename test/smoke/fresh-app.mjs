import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check, install } from './command.mjs';
import { writeGuideFiles } from './guide-files.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/**
 * Makes the app that `nest new` makes, with a handler, an endpoint and their tests in it, and what the
 * guide on tests shows, and installs what it needs.
 *
 * @param settings folder of its package.json and configuration, `nest-11` or `nest-12`
 * @param packages further packages, the library's tarball among them
 */
export function makeFreshApp(folder, settings, packages) {
  for (const part of ['app', settings]) cpSync(join(here, part), folder, { recursive: true });
  if (isModule(folder)) nameImportedFiles(folder);
  writeGuideFiles('sample/01-basic/testing.md', folder, isModule(folder));
  install(folder, packages);
}

/**
 * Makes the same without any source in it.
 *
 * @returns whether it is of ES modules
 */
export function makeBareApp(folder, settings, packages) {
  cpSync(join(here, settings), folder, { recursive: true });
  install(folder, packages);
  return isModule(folder);
}

/** The app's own tests, as its developer starts them: with Jest in Nest 11, Vitest in Nest 12. */
export function checkTests(folder) {
  check('npm test', 'npm', ['test'], folder);
  check('npm run test:e2e', 'npm', ['run', 'test:e2e'], folder);
}

function isModule(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).type === 'module';
}

/** Imports of ES modules name files. */
function nameImportedFiles(folder) {
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!/^(src|test)[\\/].*\.ts$/.test(name)) continue;
    const file = join(folder, name);
    const source = readFileSync(file, 'utf8');
    writeFileSync(file, source.replace(/ from '(\..*|supertest\/types)'/g, " from '$1.js'"));
  }
}
