import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const FENCE = /^```(\w+)?[^\n]*\n([^]*?)^```$/gm;

/** How a block says which file it is: a comment in its first line. */
const NAME = /^(?:\/\/|#) (\S+\.\w+)\n/;

/** A block of code in a page. */
export interface Block {
  /** Page and line, for people. */
  readonly place: string;
  readonly language: string;
  /** The file that it is, relative to the page's folder; absent for one without a name. */
  readonly name?: string;
  readonly code: string;
}

/** A page of Markdown. */
export interface Page {
  /** Relative to the repository. */
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** The pages that users read: the README, and those beside the samples. */
export function guides(): Page[] {
  return ['README.md', ...markdownIn('sample')].map(readPage);
}

/** All pages. */
export function allPages(): Page[] {
  const others = ['CHANGELOG.md', 'CONTRIBUTING.md', ...markdownIn('lib'), ...markdownIn('test')];
  return [...guides(), ...others.map(readPage)];
}

export function blocksOf(pages: readonly Page[], ...languages: string[]): Block[] {
  const blocks = pages.flatMap((page) => page.blocks);
  return blocks.filter(({ language }) => languages.includes(language));
}

function markdownIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.split(sep).includes('node_modules'))
    .map((name) => join(folder, name))
    .sort();
}

function readPage(path: string): Page {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const blocks = Array.from(text.matchAll(FENCE), (match) => blockOf(path, text, match));
  return { path, folder: dirname(path), text, blocks };
}

function blockOf(path: string, text: string, match: RegExpMatchArray): Block {
  const [, language = '', code = ''] = match;
  const line = text.slice(0, match.index).split('\n').length;
  const name = NAME.exec(code)?.[1];
  return { place: `${relative('.', path)}:${line}`, language, name, code };
}
