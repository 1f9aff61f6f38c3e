import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { allPages, ROOT, type Page } from './pages.js';

const LINK = /\[[^\]]*\]\(([^)\s]+)\)|<img src="([^"]+)"/g;
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  repository: { url: string };
  homepage: string;
};

/** Where files of the repository are on the web. */
const [, REPOSITORY = ''] = /github\.com\/(.+)\.git$/.exec(manifest.repository.url) ?? [];
const OWN = [
  `https://github.com/${REPOSITORY}/blob/main/`,
  `https://raw.githubusercontent.com/${REPOSITORY}/main/`,
];

interface Link {
  /** The page it is in, and where it leads. */
  readonly words: string;
  /** Relative to the repository. */
  readonly path: string;
  readonly anchor: string;
}

const pages = allPages();
const links = pages.flatMap(linksOf);

describe('Links between pages', () => {
  it('lead to files that are there', () => {
    const dead = links.filter(({ path }) => !existsSync(join(ROOT, path)));

    expect(links.length).toBeGreaterThan(50);
    expect(dead.map(({ words }) => words)).toEqual([]);
  });

  it('lead to headings that are there', () => {
    const anchored = links.filter(({ path, anchor }) => anchor && path.endsWith('.md'));
    const dead = anchored.filter(({ path, anchor }) => !anchorsOf(path).includes(anchor));

    expect(dead.map(({ words }) => words)).toEqual([]);
  });

  it('lead to every guide, from the README or from a page that it leads to', () => {
    const seen = new Set(['README.md']);
    for (const path of seen) {
      for (const link of linksOf(pageAt(path))) pagesAt(link.path).forEach((one) => seen.add(one));
    }
    const guides = pages.filter(({ path }) => path.startsWith('sample/'));

    expect(guides.map(({ path }) => path).filter((path) => !seen.has(path))).toEqual([]);
  });
});

describe('The README', () => {
  it('is one that people read: 400 lines at most', () => {
    expect(pageAt('README.md').text.split('\n').length).toBeLessThanOrEqual(401);
  });

  it('is where the package’s homepage is', () => {
    expect(manifest.homepage).toBe(`https://github.com/${REPOSITORY}#readme`);
  });
});

function pageAt(path: string): Page {
  const page = pages.find((one) => one.path === path);
  if (!page) throw new Error(`There is no page ${path}.`);
  return page;
}

/** The page at a path; of a folder, what shows there, and a folder further down. */
function pagesAt(path: string): string[] {
  const isShown = ({ path: page, folder }: Page) =>
    page === path || (page.endsWith('/README.md') && [folder, dirname(folder)].includes(path));
  return pages.filter(isShown).map((page) => page.path);
}

function linksOf({ path: page, folder, text }: Page): Link[] {
  const prose = text.replace(/^```[^]*?^```$/gm, '').replace(/`[^`\n]*`/g, '');
  return Array.from(prose.matchAll(LINK), ([, link, image = '']) => link ?? image).flatMap(
    (target) => {
      const words = `${page}: ${target}`;
      const own = OWN.find((prefix) => target.startsWith(prefix));
      if (own) return [{ words, path: target.slice(own.length), anchor: '' }];
      if (/^[a-z]+:/.test(target)) return [];
      const [file = '', anchor = ''] = target.split('#');
      const path = file === '' ? page : normalize(join(folder, file)).replace(/\/$/, '');
      return [{ words, path, anchor }];
    },
  );
}

/** As GitHub makes them of headings. */
function anchorsOf(path: string): string[] {
  const { text } = pageAt(path);
  return Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
