import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { UnfitFolderError } from '../../../lib/errors/index.js';
import { FoldersInUse } from '../../../lib/folder/index.js';
import { makeTempFolder, removeTempFolder } from '../../support/temp-folder.js';

/** As good as for ever in a test. */
const PATIENT = 60_000;

describe('FoldersInUse', () => {
  const [app, otherApp] = [{}, {}];
  let around: string;
  beforeEach(async () => {
    around = await makeTempFolder();
  });
  afterEach(() => removeTempFolder(around));

  /** Makes a folder as an instance has it. */
  async function make(...path: string[]): Promise<string> {
    const folder = join(around, ...path);
    await mkdir(join(folder, '.tus'), { recursive: true });
    return folder;
  }

  const take = (folders: FoldersInUse, folder: string, by: object = app) =>
    folders.take({ uploads: folder, own: join(folder, '.tus') }, by);

  it('gives each instance a folder of its own, beside or below another one', async () => {
    const folders = new FoldersInUse(PATIENT);

    await take(folders, await make('uploads'));
    await take(folders, await make('uploads', 'avatars'));
    await take(folders, await make('uploads2'));
  });

  it('refuses one that an instance of the same app has, at once', async () => {
    const folders = new FoldersInUse(PATIENT);
    await take(folders, await make('uploads'));

    const second = take(folders, join(around, 'uploads'));

    await expect(second).rejects.toThrow(UnfitFolderError);
    await expect(second).rejects.toThrow('Give each instance a folder of its own.');
  });

  it('knows a folder by another name: a link to it, or to one around it', async () => {
    const folders = new FoldersInUse(PATIENT);
    const folder = await make('volume', 'uploads');
    await symlink(folder, join(around, 'link'));
    await symlink(join(around, 'volume'), join(around, 'disk'));
    await take(folders, folder);

    await expect(take(folders, join(around, 'link'))).rejects.toThrow(UnfitFolderError);
    await expect(take(folders, join(around, 'disk', 'uploads'))).rejects.toThrow(UnfitFolderError);
  });

  it.each([
    ['is', ['uploads', '.tus']],
    ['lies inside of', ['uploads', '.tus', 'lost', 'avatars']],
  ])('refuses one that %s what another instance keeps for itself', async (_name, inner) => {
    const [outside, inside] = [await make('uploads'), await make(...inner)];
    const first = new FoldersInUse(PATIENT);
    await take(first, outside);
    await expect(take(first, inside)).rejects.toThrow('inside the ".tus"');

    const theOtherWayRound = new FoldersInUse(PATIENT);
    await take(theOtherWayRound, inside);
    await expect(take(theOtherWayRound, outside, otherApp)).rejects.toThrow('inside the ".tus"');
  });

  it('waits for an app that is about to end, also when several wait', async () => {
    const folders = new FoldersInUse(PATIENT);
    const folder = await make('uploads');
    const order: string[] = [];
    const leave = await take(folders, folder);
    const next = ['second', 'third', 'fourth'].map(async (name) => {
      const leaveNext = await take(folders, folder, {});
      order.push(`${name} in`);
      await new Promise(setImmediate);
      order.push(`${name} out`);
      leaveNext();
    });

    order.push('first out');
    leave();
    await Promise.all(next);

    expect(order.filter((step) => step.endsWith('in'))).toHaveLength(3);
    order.slice(1).forEach((step, index) => {
      expect(step.endsWith(index % 2 === 0 ? 'in' : 'out')).toBe(true);
    });
  });

  it('waits no longer than it may, and names the cause that is most likely first', async () => {
    const folders = new FoldersInUse(50);
    const folder = await make('uploads');
    await take(folders, folder);

    const second = take(folders, folder, otherApp);

    await expect(second).rejects.toThrow(UnfitFolderError);
    await expect(second).rejects.toThrow(/not closed.*await app\.close\(\).*two apps/s);
  });
});
