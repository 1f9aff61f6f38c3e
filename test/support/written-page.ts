import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const ROOT = new URL('../../../', import.meta.url);

/**
 * Puts a text between the markers of a name in a page, in the page's format.
 *
 * @param path of the page, relative to the repository
 */
export async function writeIntoPage(path: string, name: string, text: string): Promise<void> {
  const file = new URL(path, ROOT);
  const page = await readFile(file, 'utf8');
  const [first, last] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const start = page.indexOf(first);
  const end = page.indexOf(last);
  if (start < 0 || end < start) throw new Error(`${path} has no ${first} before ${last}.`);
  const before = page.slice(0, start + first.length);
  await writeFile(file, await formatted(`${before}\n\n${text}\n\n${page.slice(end)}`));
}

/** A text as the formatter of this repository has it. */
export async function formatted(text: string, parser = 'markdown'): Promise<string> {
  const config = await resolveConfig(fileURLToPath(new URL('README.md', ROOT)));
  return format(text, { ...config, parser });
}
