import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

/** The sources lie beside this file's, not beside what is compiled of it. */
const TESTS = fileURLToPath(new URL('../../../test/', import.meta.url));

const ROW = '[CNPRT]\\d+[a-z]?';

/** Texts that begin with rows: titles, and the names that `it.each()` puts into them. */
const TITLES = new RegExp(`['"\`](${ROW}(?:, ${ROW})*)\\b`, 'g');

const DEFINITIONS = new RegExp(`^\\| (${ROW}) +\\| (?:MUST|SHOULD|MAY|decision) +\\| `, 'gm');

describe('The rows of the conformance suite', () => {
  let named: string[];
  let defined: string[];

  beforeAll(async () => {
    named = matchesOf(TITLES, await allSpecs()).flatMap((rows) => rows.split(', '));
    defined = matchesOf(DEFINITIONS, await readFile(join(TESTS, 'conformance/README.md'), 'utf8'));
  });

  it('are each defined by the page when a title names them', () => {
    expect(named.filter((row) => !defined.includes(row))).toEqual([]);
  });

  it('are each named by a title when the page defines them', () => {
    expect(defined.filter((row) => !named.includes(row))).toEqual([]);
  });

  it('are defined once', () => {
    expect(defined).toEqual([...new Set(defined)]);
  });
});

async function allSpecs(): Promise<string> {
  const names = await readdir(TESTS, { recursive: true });
  const specs = names.filter((name) => name.endsWith('.spec.ts'));
  const texts = await Promise.all(specs.map((name) => readFile(join(TESTS, name), 'utf8')));
  return texts.join('\n');
}

function matchesOf(pattern: RegExp, text: string): string[] {
  return [...text.matchAll(pattern)].map(([, match = '']) => match);
}
