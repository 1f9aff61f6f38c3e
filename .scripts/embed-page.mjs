/**
 * Writes the files of the operations page, `lib/dashboard/page/`, into a module, so that they need no
 * path at run time: as an ES module, as CommonJS, and in a bundle. With `--check` it only looks whether
 * that module is up to date.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../lib/dashboard/page/', import.meta.url);
const target = fileURLToPath(new URL('../lib/dashboard/assets.ts', import.meta.url));

const text = module();
if (!process.argv.includes('--check')) writeFileSync(target, text);
else if (readFileSync(target, 'utf8') !== text) {
  console.error('lib/dashboard/assets.ts is not what page/ has: run node .scripts/embed-page.mjs.');
  process.exitCode = 1;
}

function module() {
  const files = readdirSync(folder).sort();
  const entries = files.map((name) => `  ['${name}', \`${escaped(name)}\`],\n`);
  return (
    '/** The files of the page, by name. Made of `page/` by `.scripts/embed-page.mjs`: change those. */\n' +
    `export const ASSETS: ReadonlyMap<string, string> = new Map([\n${entries.join('')}]);\n`
  );
}

/** As it stands in a template literal. */
function escaped(name) {
  return readFileSync(new URL(name, folder), 'utf8').replace(/[\\`]|\$(?=\{)/g, '\\$&');
}
