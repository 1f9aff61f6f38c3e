import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';

const README = new URL('../../../../README.md', import.meta.url);
const START = '<!-- bench:start -->';
const END = '<!-- bench:end -->';

/** Puts a text between the markers in the README, in the README's format. */
export async function writeIntoReadme(text: string): Promise<void> {
  const readme = await readFile(README, 'utf8');
  const start = readme.indexOf(START);
  const end = readme.indexOf(END);
  if (start < 0 || end < start) throw new Error(`README.md has no ${START} before ${END}.`);
  const before = readme.slice(0, start + START.length);
  await writeFile(README, await formatted(`${before}\n\n${text}\n\n${readme.slice(end)}`));
}

/** Markdown as the formatter of this repository has it. */
export async function formatted(text: string): Promise<string> {
  const config = await resolveConfig(README);
  return format(text, { ...config, parser: 'markdown' });
}
