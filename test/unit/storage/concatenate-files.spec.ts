import { randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import {
  appendFile,
  mkdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { FileChangedError } from '../../../lib/errors/index.js';
import { concatenateFiles, type PartFile } from '../../../lib/storage/disk/concatenate-files.js';
import { listFiles, makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';

const MB = 1024 * 1024;

const sizeOf = (path: string) =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

let folder: string;

beforeEach(async () => {
  folder = await makeTempFolder();
});

afterEach(() => removeTempFolder(folder));

/** Writes a file of the folder. */
async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** Writes one that is a part. */
async function file(name: string, content: string | Uint8Array): Promise<PartFile> {
  const path = await write(name, content);
  return { id: name, path, size: Buffer.byteLength(content) };
}

/** Writes many and makes one of them. */
async function concatenated(contents: readonly Uint8Array[]): Promise<Buffer> {
  const parts = await Promise.all(contents.map((content, index) => file(`${index}`, content)));
  const target = join(folder, `target-${randomBytes(4).toString('hex')}`);
  await concatenateFiles(parts, target);
  return readFile(target);
}

describe('concatenateFiles', () => {
  it('makes a file of others, in order', async () => {
    const [a, b, c] = [await file('a', 'one '), await file('b', 'two '), await file('c', 'three')];
    const target = join(folder, 'target');

    await concatenateFiles([c, a, b], target);

    expect(await readFile(target, 'utf8')).toBe('threeone two ');
  });

  it('leaves the others as they were, and apart from the new one', async () => {
    const a = await file('a', 'one');
    const target = join(folder, 'target');
    await concatenateFiles([a], target);
    await writeFile(target, 'two', { flag: 'r+' });

    expect(await readFile(a.path, 'utf8')).toBe('one');
    expect((await stat(a.path)).ino).not.toBe((await stat(target)).ino);
    expect(await listFiles(folder)).toEqual(['a', 'target']);
  });

  it('copies any number of files through the same four blocks', async () => {
    const parts = await Promise.all(Array.from({ length: 300 }, (_, name) => file(`${name}`, 'x')));
    const allocate = jest.spyOn(Buffer, 'allocUnsafe');
    await concatenateFiles(parts, join(folder, 'target'));
    const blocks = allocate.mock.calls.filter(([size]) => size === MB);
    allocate.mockRestore();

    expect(blocks).toHaveLength(4);
    expect(await readFile(join(folder, 'target'), 'utf8')).toBe('x'.repeat(300));
  });

  it('copies a first file that is too large for one call, as it does others', async () => {
    const large = randomBytes(17 * MB + 1);
    const parts = [large, Buffer.from('a'), large.subarray(1)];

    expect((await concatenated(parts)).equals(Buffer.concat(parts))).toBe(true);
  });

  it('never writes to a file that is there, however large the first one is', async () => {
    const parts = [await file('small', 'a'), await file('large', Buffer.alloc(17 * MB))];
    const target = await write('target', 'theirs');

    for (const part of parts) {
      await expect(concatenateFiles([part], target)).rejects.toMatchObject({ code: 'EEXIST' });
    }
    expect(await readFile(target, 'utf8')).toBe('theirs');
  });

  it('ends with the reason of its signal, before it begins and between two blocks', async () => {
    const part = await file('part', Buffer.alloc(4 * MB));
    const target = join(folder, 'target');
    await expect(concatenateFiles([part], target, AbortSignal.abort('no'))).rejects.toBe('no');
    expect(await listFiles(folder)).toEqual(['part']);

    const ending = new AbortController();
    const concatenating = concatenateFiles(Array<PartFile>(64).fill(part), target, ending.signal);
    while ((await sizeOf(target)) <= 4 * MB) await nextTurn();
    ending.abort('enough');

    await expect(concatenating).rejects.toBe('enough');
    const size = await sizeOf(target);
    await nextTurn();
    expect(await sizeOf(target)).toBe(size);
    expect(size).toBeLessThan(64 * 4 * MB);
  });

  it('takes the same file more than once', async () => {
    const a = await file('a', 'ab');
    const target = join(folder, 'target');

    await concatenateFiles([a, a, a], target);

    expect(await readFile(target, 'utf8')).toBe('ababab');
  });

  it('takes files without bytes, wherever they stand', async () => {
    const [a, none] = [await file('a', 'ab'), await file('none', '')];
    const target = join(folder, 'target');

    await concatenateFiles([none, a, none, none, a, none], target);

    expect(await readFile(target, 'utf8')).toBe('abab');
  });

  it('makes a file without bytes of such files', async () => {
    const none = await file('none', '');
    const target = join(folder, 'target');

    await concatenateFiles([none, none], target);

    expect((await stat(target)).size).toBe(0);
  });

  it.each([
    [1, 1],
    [MB - 1, MB + 1],
    [MB, MB],
    [2 * MB + 1, 3 * MB - 1],
  ])('joins files of %d and %d bytes, whatever is read at a time', async (first, second) => {
    const contents = [first, second, first].map((size) => randomBytes(size));

    expect((await concatenated(contents)).equals(Buffer.concat(contents))).toBe(true);
  });

  it('comes to the same as laying the bytes end to end', async () => {
    const contents = fc.array(fc.uint8Array({ maxLength: 64 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(contents, async (parts) => {
        expect(await concatenated(parts)).toEqual(Buffer.concat(parts));
      }),
      { numRuns: 40 },
    );
  });

  it('does not write over a file that is there', async () => {
    const [a, target] = [await file('a', 'one'), await write('target', 'precious')];

    await expect(concatenateFiles([a], target)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readFile(target, 'utf8')).toBe('precious');
  });

  describe.each([0, 1, 2])('with part %d of three changed', (at) => {
    it.each<[string, (path: string) => Promise<unknown>, string]>([
      ['is missing', (path) => rm(path), 'was removed'],
      ['is shorter', (path) => truncate(path, 1), 'has 1 bytes, and not the 2 that'],
      ['is longer', (path) => appendFile(path, 'x'), 'has 3 bytes, and not the 2 that'],
      [
        'is a link to one of that size',
        async (path) => {
          await rename(path, `${path}.real`);
          await symlink(`${path}.real`, path);
        },
        'has become a symbolic link',
      ],
      [
        'is a folder',
        async (path) => {
          await rm(path);
          await mkdir(path);
        },
        'has become a folder',
      ],
      [
        'is a pipe that nobody writes to',
        async (path) => {
          await rm(path);
          execFileSync('mkfifo', [path]);
        },
        'has become what is no regular file',
      ],
    ])('that %s, fails and names it', async (_, change, fault) => {
      const names = ['one', 'two', 'three'];
      const parts = await Promise.all(names.map((name) => file(name, 'ab')));
      await change(parts[at]!.path);

      const error = await concatenateFiles(parts, join(folder, 'target')).catch((e: unknown) => e);

      expect(error).toBeInstanceOf(FileChangedError);
      expect(error).toMatchObject({ id: names[at], fault: expect.stringContaining(fault) });
    });
  });
});
