import { isOnS3 } from '../support/on-s3.js';
import { create, PLATFORMS, uploadWhole, useApp } from '../support/index.js';

describe.each(PLATFORMS)('capacity() on %s', (platform) => {
  const owner = () => 'ann';

  describe('with a quota', () => {
    const app = useApp({ platform, tus: { owner, quota: { bytes: 1000, concurrent: 5 } } });

    it('tells what uploads take and may take, and the room on the disk', async () => {
      await uploadWhole(app(), 'hello');
      await create(app(), { length: 100 });

      const usage = { uploads: 2, unfinished: 1, bytes: 105, pending: 100 };
      const all = await app().tus.capacity();
      expect(all).toMatchObject({ usage, quota: { bytes: 1000, concurrent: 5 } });
      expect(typeof all.room).toBe(isOnS3() ? 'undefined' : 'number');
      expect((await app().tus.capacity('ann')).usage).toEqual(usage);
      expect((await app().tus.capacity('ben')).usage.uploads).toBe(0);
    });
  });

  describe('with a quota that a function tells', () => {
    const app = useApp({ platform, tus: { owner, quota: () => ({ bytes: 1000 }) } });

    it('says so', async () => {
      expect((await app().tus.capacity()).quota).toBe('by-request');
    });
  });

  describe('without a quota', () => {
    const app = useApp({ platform });

    it('tells of none', async () => {
      expect(await app().tus.capacity()).not.toHaveProperty('quota');
    });
  });
});
