import { eachPage, type Page } from '../../../lib/registry/index.js';

describe('eachPage', () => {
  const PAGES: Record<string, Page<number>> = {
    first: { items: [1, 2], cursor: 'a' },
    a: { items: [], cursor: 'b' },
    b: { items: [3] },
  };

  it('walks from the first page to the last, empty ones included', async () => {
    const asked: (string | undefined)[] = [];
    const read = async (cursor?: string) => {
      asked.push(cursor);
      return PAGES[cursor ?? 'first']!;
    };
    const pages: (readonly number[])[] = [];
    for await (const items of eachPage(read)) pages.push(items);
    expect(pages).toEqual([[1, 2], [], [3]]);
    expect(asked).toEqual([undefined, 'a', 'b']);
  });

  it('reads no further once it is left', async () => {
    const read = jest.fn<Promise<Page<number>>, [string?]>(async () => PAGES.first!);
    for await (const items of eachPage(read)) {
      expect(items).toEqual([1, 2]);
      break;
    }
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('fails with what a page fails with', async () => {
    const walk = eachPage(() => Promise.reject(new Error('lost')));
    await expect(walk.next()).rejects.toThrow('lost');
  });
});
