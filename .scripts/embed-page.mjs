/**
 * Writes the files of the operations page, `lib/dashboard/page/`, into a module, so that they need no
 * path at run time: as an ES module, as CommonJS, and in a bundle. Installing, building and testing do it.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('../lib/dashboard/page/', import.meta.url);
const target = new URL('../lib/dashboard/assets.ts', import.meta.url);

writeFileSync(target, module());

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
