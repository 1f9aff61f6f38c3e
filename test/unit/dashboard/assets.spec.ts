import { readdirSync, readFileSync } from 'node:fs';
import { ASSETS } from '../../../lib/dashboard/assets.js';

const PAGE = new URL('../../../../lib/dashboard/page/', import.meta.url);

describe('The files of the page', () => {
  it('are in the library as they are', () => {
    const names = readdirSync(PAGE).sort();

    expect([...ASSETS.keys()]).toEqual(names);
    for (const name of names) {
      expect(ASSETS.get(name)).toBe(readFileSync(new URL(name, PAGE), 'utf8'));
    }
  });

  it('have nothing inline, and nothing from elsewhere', () => {
    const html = ASSETS.get('index.html') ?? '';

    expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/);
    for (const text of ASSETS.values()) {
      const urls = text.match(/https?:\/\/[^\s"'`)]+/g) ?? [];
      expect(urls.filter((url) => url !== 'http://www.w3.org/2000/svg')).toEqual([]);
      expect(text).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write/);
    }
  });
});
