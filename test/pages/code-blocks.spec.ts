import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { compileBlocks, parseScript } from './compile-blocks.js';
import { blocksOf, guides, ROOT, type Page } from './pages.js';

const pages = guides();

/** How blocks of each language are checked. */
const LANGUAGES = ['ts', 'js', 'json', 'sh', 'html', 'yaml', 'nginx', 'sql'];

/** What nothing here can check. */
const UNCHECKED = ['swift'];

describe('Code in the guides', () => {
  it('compiles as pasted, in a strict app of Nest', () => {
    const faults = compileBlocks(pages);

    expect(faults.map(({ block, message }) => `${block.place}: ${message}`)).toEqual([]);
  });

  it('would not compile with a wrong type, a missing import or a missing file', () => {
    const code = [
      "import { TusModule } from 'nestjs-tus';",
      "import { AuthGuard } from './auth.js';",
      'export const module = TusModule.forRoot({ maxSize: true, imports: [AuthGuard] });',
      'export const other = Module;',
    ].join('\n');
    const block = { place: 'here', language: 'ts', code };
    const page: Page = { path: 'wrong.md', folder: '.', text: '', blocks: [block] };

    const faults = compileBlocks([page]).map(({ message }) => message);

    expect(faults).toHaveLength(3);
    expect(faults.join('\n')).toMatch(/'\.\/auth\.js'.*'true' is not assignable.*'Module'/s);
  });

  it('is in a language that is checked here', () => {
    const others = pages
      .flatMap(({ blocks }) => blocks)
      .filter(({ language }) => ![...LANGUAGES, ...UNCHECKED].includes(language));

    expect(others.map(({ place, language }) => `${place}: ${language}`)).toEqual([]);
  });

  it.each(blocksOf(pages, 'js'))('is JavaScript, in $place', (block) => {
    expect(parseScript(block)).toEqual([]);
  });

  it.each(blocksOf(pages, 'sh'))('is a script for the shell, in $place', ({ code }) => {
    expect(() => execFileSync('bash', ['-n'], { input: code, stdio: 'pipe' })).not.toThrow();
  });

  it.each(blocksOf(pages, 'html', 'yaml', 'json'))(
    'is $language, in $place',
    async ({ language, code }) => {
      await expect(format(code, { parser: language })).resolves.not.toBe('');
    },
  );

  it('is the sample’s own where it names a file of the sample', () => {
    const named = pages.flatMap(({ folder, blocks }) =>
      blocks.flatMap(({ place, name, code }) => {
        const path = join(ROOT, folder, name ?? '');
        if (!name?.startsWith('src/') || !existsSync(path)) return [];
        return [{ place, code: code.slice(code.indexOf('\n') + 1), path }];
      }),
    );
    const changed = named.filter(({ code, path }) => code !== readFileSync(path, 'utf8'));

    expect(named).not.toHaveLength(0);
    expect(changed.map(({ place }) => place)).toEqual([]);
  });
});
