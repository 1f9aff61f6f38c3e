import { decodeMetadata } from '../../../lib/protocol/index.js';
import type { UploadRecord, UploadRegistry } from '../../../lib/registry/index.js';
import type { UploadStorage } from '../../../lib/storage/index.js';
import type { ChangeStep, Passer, Point, Points } from './points.js';

/** A time after all others. */
const FOREVER = Number.MAX_SAFE_INTEGER;

/** More deliveries than there are. */
const MOST = 1000;

type Call<A extends unknown[], R> = (...args: A) => Promise<R>;
type StepOf<P> = P extends `before ${infer S}` ? S : never;

/** An upload and the step it is about to make. */
interface Passing {
  readonly id: string;
  readonly step: StepOf<Point>;
}

/** Puts points around the steps that an instance makes, without its knowing. */
export class StepWatch {
  private readonly passers = new Map<string, Passer>();

  constructor(private readonly points: Points) {}

  watchRegistry(registry: UploadRegistry): void {
    const create = registry.create.bind(registry);
    registry.create = async (record, admit, deliveries) => {
      this.passers.set(record.id, passerOf(record));
      return create(record, admit, deliveries);
    };
    registry.change = this.around(registry.change.bind(registry), async (id, decide) => {
      const before = await registry.get(id);
      const usages = await registry.usage(before?.owner);
      const step = before && changeOf(before, decide(before, () => usages)?.record ?? before);
      return step && { id, step };
    });
    registry.claimDelivery = this.around(registry.claimDelivery.bind(registry), ({ uploadId }) => ({
      id: uploadId,
      step: 'claim',
    }));
    const due = registry.dueDeliveries.bind(registry);
    registry.dueDeliveries = async (until, limit) => {
      const rows = await due(until, limit);
      return rows.filter(({ uploadId }) => !this.points.isHeld(uploadId));
    };
    // Deliveries that are held are due all the time.
    registry.nextDeliveryAt = async () => {
      const [next] = await registry.dueDeliveries(FOREVER, () => ({ limit: MOST }));
      return next?.dueAt;
    };
    const settle = registry.settleDelivery.bind(registry);
    registry.settleDelivery = this.around(settle, ({ uploadId }, _holder, { kind }) =>
      kind === 'dead' ? undefined : { id: uploadId, step: kind },
    );
  }

  watchStorage(storage: UploadStorage): void {
    const openWriter = storage.openWriter.bind(storage);
    storage.openWriter = async (upload, options) => {
      const { id } = upload;
      const writer = await openWriter(upload, options);
      writer.sync = this.around(writer.sync.bind(writer), () => ({ id, step: 'sync' }));
      writer.close = this.around(writer.close.bind(writer), () => ({ id, step: 'close' }));
      return writer;
    };
    storage.finish = this.around(storage.finish.bind(storage), ({ id, filePath }) =>
      filePath === undefined ? undefined : { id, step: 'place' },
    );
    storage.tidy = this.around(storage.tidy.bind(storage), (upload) => {
      const isAtWork = upload.state === 'finished' && !storage.isTidy(upload);
      return isAtWork ? { id: upload.id, step: 'removal' } : undefined;
    });
    storage.move = this.around(storage.move.bind(storage), ({ id }) => ({ id, step: 'move' }));
    storage.remove = this.around(storage.remove.bind(storage), ({ id }) => ({
      id,
      step: 'removal',
    }));
  }

  private around<A extends unknown[], R>(
    call: Call<A, R>,
    passingOf: (...args: A) => Passing | undefined | Promise<Passing | undefined>,
  ): Call<A, R> {
    return async (...args) => {
      const passing = await passingOf(...args);
      const passer = passing && this.passers.get(passing.id);
      if (!passer) return call(...args);

      await this.points.pass(`before ${passing.step}`, passer);
      const result = await call(...args);
      await this.points.pass(`after ${passing.step}`, passer);
      return result;
    };
  }
}

function passerOf({ id, metadata }: UploadRecord): Passer {
  return { id, metadata: decodeMetadata(metadata).text };
}

/** What a change of a record means. */
function changeOf(before: UploadRecord, after: UploadRecord): ChangeStep | undefined {
  const { state } = after;
  if (state !== before.state && state !== 'receiving' && state !== 'expired') return state;
  if (after.movedTo !== before.movedTo) return 'moved';
  if (after.fileRemovedAt !== before.fileRemovedAt) return 'removed';
  return after.answer === before.answer ? undefined : 'answered';
}
