import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const NAMED = /^```ts\n\/\/ ((?:src|test)\/\S+)\n([^]*?)^```$/gm;

/**
 * Writes the files of a guide into an app, as a reader would paste them: blocks whose first line names
 * a file in `src` or `test`.
 *
 * @param isModule whether imports name files, `.js` included
 * @param change of the code, such as another port
 */
export function writeGuideFiles(page, app, isModule, change = (code) => code) {
  const files = [...pageText(page).matchAll(NAMED)];
  if (files.length === 0) throw new Error(`${page} names no file.`);
  for (const [, name, code] of files) {
    const file = join(app, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(
      file,
      change(isModule ? code : code.replace(/ from '(\..*)\.js'/g, " from '$1'")),
    );
  }
}

/** The first block of a language. */
export function firstBlock(page, language) {
  const [, block] =
    new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(pageText(page)) ?? [];
  if (block === undefined) throw new Error(`${page} has no block of ${language}.`);
  return block;
}

export function pageText(page) {
  return readFileSync(join(root, page), 'utf8');
}
