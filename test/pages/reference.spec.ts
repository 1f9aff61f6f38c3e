import * as library from '../../lib/index.js';
import { OPTION_KEYS, SYNCHRONOUS_KEYS } from '../../lib/options/option-keys.js';
import { guides } from './pages.js';

const pages = guides();
const readme = pages.find(({ path }) => path === 'README.md')?.text ?? '';

/** What is written as code somewhere in a text. */
function namesIn(text: string): Set<string> {
  const spans = Array.from(text.matchAll(/`([^`\n]+)`/g), ([, code = '']) => code);
  return new Set(spans.flatMap((code) => code.match(/[\w$]+/g) ?? []));
}

/** The first cells of all rows of a text's tables. */
function rowsOf(text: string): Set<string> {
  const cells = Array.from(text.matchAll(/^\| ([^|]+) \|/gm), ([, cell = '']) => cell);
  return namesIn(cells.join('\n'));
}

describe('The reference in the README', () => {
  const rows = rowsOf(readme);

  it('has a row for each option', () => {
    const options = [...OPTION_KEYS[''], ...SYNCHRONOUS_KEYS];

    expect(options.filter((option) => !rows.has(option))).toEqual([]);
  });

  it('names what options are made of', () => {
    const { '': _top, ...nested } = OPTION_KEYS;
    const names = namesIn(readme);

    expect(Object.values(nested).flatMap((keys) => keys.filter((key) => !names.has(key)))).toEqual(
      [],
    );
  });

  it('has a row for each method of the service', () => {
    const methods = Object.getOwnPropertyNames(library.TusService.prototype);
    const isOwn = (name: string) => name !== 'constructor' && name !== 'describe';

    expect(methods.filter((name) => isOwn(name) && !rows.has(name))).toEqual([]);
  });

  it('has a row for each decorator', () => {
    const decorators = Object.keys(library).filter((name) => /^(On|Before)Upload/.test(name));

    expect(decorators).toHaveLength(8);
    expect(decorators.filter((name) => !rows.has(name))).toEqual([]);
  });
});

describe('The guides', () => {
  it('tell of everything that the library exports', () => {
    const names = namesIn(pages.map(({ text }) => text).join('\n'));
    const inCode = pages.map(({ text }) => text).join('\n');
    const isTold = (name: string) => names.has(name) || new RegExp(`\\b${name}\\b`).test(inCode);

    expect(Object.keys(library).filter((name) => !isTold(name))).toEqual([]);
  });
});
