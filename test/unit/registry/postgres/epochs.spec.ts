import { UploadFencedError } from '../../../../lib/errors/index.js';
import { PostgresRegistry, type Epochs } from '../../../../lib/registry/postgres/index.js';
import { useTestSchema } from '../../../support/postgres/test-database.js';
import { delivery, uploadRecord } from '../records.js';

/** How an upload is taken over from a holder that did not answer: in one statement. */
const TAKE_OVER = `
  WITH lease AS (
    INSERT INTO tus.leases (key, holder, epoch)
    SELECT id, $2, epoch + 1 FROM tus.uploads WHERE id = $1
    ON CONFLICT (key) DO UPDATE
      SET holder = excluded.holder, epoch = greatest(leases.epoch + 1, excluded.epoch), taken_at = now()
    RETURNING key, epoch
  )
  UPDATE tus.uploads SET epoch = lease.epoch FROM lease WHERE id = lease.key
  RETURNING uploads.epoch::float8`;

class Held implements Epochs {
  readonly epochs = new Map<string, number>();

  epochOf(id: string): number | undefined {
    return this.epochs.get(id);
  }
}

describe('The epoch of a lease', () => {
  const schema = useTestSchema();
  let old: { registry: PostgresRegistry; held: Held };
  let next: { registry: PostgresRegistry; held: Held };

  beforeEach(async () => {
    old = await open();
    next = await open();
  });
  afterEach(async () => {
    await old.registry.close();
    await next.registry.close();
    await schema().clear();
  });

  async function open(): Promise<{ registry: PostgresRegistry; held: Held }> {
    const held = new Held();
    const options = { ...schema().options, max: 4 };
    const registry = new PostgresRegistry(options, { durable: true, epochs: held });
    await registry.open();
    return { registry, held };
  }

  async function takeOver(id: string, by = next): Promise<number> {
    const { rows } = await schema().query(TAKE_OVER, [id, 'next']);
    const epoch = rows[0]?.epoch as number;
    by.held.epochs.set(id, epoch);
    return epoch;
  }

  async function created(): Promise<string> {
    const { id } = await old.registry.create(uploadRecord());
    old.held.epochs.set(id, 0);
    return id;
  }

  it('is 0 for who has created an upload, and needs no row', async () => {
    const id = await created();
    await old.registry.change(id, (record) => ({ record: { ...record, length: 1 } }));

    expect(await old.registry.get(id)).toMatchObject({ length: 1 });
    expect((await schema().query('SELECT 1 FROM tus.leases')).rowCount).toBe(0);
  });

  it('grows with each take-over, and each older one changes nothing', async () => {
    const id = await created();
    const record = await old.registry.get(id);
    expect(await takeOver(id)).toBe(1);
    const finish = (registry: PostgresRegistry) =>
      registry.change(id, (current) => ({
        record: { ...current, state: 'finished', length: 5 },
        deliveries: [delivery(id)],
      }));

    await expect(finish(old.registry)).rejects.toThrow(UploadFencedError);
    await expect(old.registry.forget(id, record!.dueAt!)).rejects.toThrow(UploadFencedError);
    await expect(old.registry.change(id, () => undefined)).rejects.toThrow(UploadFencedError);
    expect(await old.registry.get(id)).toEqual(record);
    expect((await old.registry.deliveries({})).items).toEqual([]);
    expect(await finish(next.registry)).toMatchObject({ state: 'finished' });

    expect(await takeOver(id, old)).toBe(2);
    await expect(finish(next.registry)).rejects.toThrow(UploadFencedError);
    await next.registry.close();
    await old.registry.forget(id, record!.dueAt!);
    expect(await old.registry.get(id)).toBeUndefined();
  });

  it.each([true, false])(
    'holds against statements that have begun (with deliveries: %p)',
    async (is) => {
      const id = await created();
      const deliveries = is ? [delivery(id)] : [];
      const taking = await schema().begin(TAKE_OVER, [id, 'next']);
      const changing = old.registry.change(id, (record) => ({
        record: { ...record, length: 5 },
        deliveries,
      }));
      // It has seen the old epoch.
      await schema().whenOneWaits();
      await taking.end();

      await expect(changing).rejects.toThrow(UploadFencedError);
      expect((await next.registry.get(id))?.length).toBe(uploadRecord().length);
      expect((await next.registry.deliveries({})).items).toEqual([]);
    },
  );

  it('holds against a removal that has begun', async () => {
    const id = await created();
    const taking = await schema().begin(TAKE_OVER, [id, 'next']);
    const forgetting = old.registry.forget(id, uploadRecord().dueAt!);
    await schema().whenOneWaits();
    await taking.end();

    await expect(forgetting).rejects.toThrow(UploadFencedError);
    expect(await next.registry.get(id)).toBeDefined();
  });

  it('is not asked about for an upload that the process has no lease of', async () => {
    const id = await created();
    await takeOver(id);
    old.held.epochs.delete(id);
    await old.registry.change(id, (record) => ({ record: { ...record, length: 5 } }));

    expect(await next.registry.get(id)).toMatchObject({ length: 5 });
  });
});
