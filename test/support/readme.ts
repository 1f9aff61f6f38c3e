import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';

const README = new URL('../../../README.md', import.meta.url);

/** Puts a text between the markers of a name in the README, in the README's format. */
export async function writeIntoReadme(name: string, text: string): Promise<void> {
  const readme = await readFile(README, 'utf8');
  const [first, last] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const start = readme.indexOf(first);
  const end = readme.indexOf(last);
  if (start < 0 || end < start) throw new Error(`README.md has no ${first} before ${last}.`);
  const before = readme.slice(0, start + first.length);
  await writeFile(README, await formatted(`${before}\n\n${text}\n\n${readme.slice(end)}`));
}

/** Markdown as the formatter of this repository has it. */
export async function formatted(text: string): Promise<string> {
  const config = await resolveConfig(README);
  return format(text, { ...config, parser: 'markdown' });
}
