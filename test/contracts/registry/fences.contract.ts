import { UploadFencedError } from '../../../lib/errors/index.js';
import { delivery, uploadRecord } from '../../unit/registry/records.js';
import type { RegistryBench } from './registry.contract.js';

/** What a registry promises of uploads that its process has lost. */
export function describeFences(bench: RegistryBench): void {
  describe('an upload that another process has taken', () => {
    it('is neither changed nor forgotten by the one that lost it', async () => {
      const record = await bench.registry.create(uploadRecord());
      const fenced = await bench.another({ hasLost: (id) => id === record.id });
      let asked = false;
      const changing = fenced.change(record.id, (it) => {
        asked = true;
        return { record: { ...it, state: 'finished' }, deliveries: [delivery(record.id)] };
      });

      await expect(changing).rejects.toThrow(UploadFencedError);
      await expect(fenced.forget(record.id, record.dueAt!)).rejects.toThrow(UploadFencedError);
      expect(asked).toBe(false);
      expect(await bench.registry.get(record.id)).toEqual(record);
      expect((await bench.registry.deliveries({})).items).toEqual([]);
    });

    it('is read by the one that lost it, and changed by others', async () => {
      const record = await bench.registry.create(uploadRecord());
      const fenced = await bench.another({ hasLost: () => true });
      await bench.registry.change(record.id, (it) => ({ record: { ...it, length: 5 } }));

      expect(await fenced.get(record.id)).toEqual({ ...record, length: 5 });
    });

    it('keeps nothing from those that were not taken', async () => {
      const record = await bench.registry.create(uploadRecord());
      const fenced = await bench.another({ hasLost: (id) => id !== record.id });
      await fenced.change(record.id, (it) => ({ record: { ...it, length: 5 } }));
      await fenced.forget(record.id, record.dueAt!);

      expect(await bench.registry.get(record.id)).toBeUndefined();
    });
  });
}
