import { answerKey } from '../../cluster/index.js';
import type { StoredAnswer, UploadRecord, UploadRegistry } from '../../registry/index.js';
import type { Leases } from '../leases/leases.js';
import { UploadBusyError, UploadNotFoundError } from '../model/upload.errors.js';
import type { Finisher } from './finisher.js';

/** The answers that endpoints give to those who finished their uploads. */
export class Answers {
  constructor(
    private readonly registry: UploadRegistry,
    private readonly leases: Leases,
    private readonly finisher: Finisher,
  ) {}

  /**
   * Lets a finished upload be answered, by one request at a time, while the upload itself may be
   * used.
   *
   * @param work makes the answer and has it kept; it is given the record as it stands
   * @throws UploadBusyError while another request does it
   */
  async during<T>(id: string, work: (record: UploadRecord) => Promise<T>): Promise<T> {
    const lease = await this.leases.tryAcquireKey(answerKey(id));
    if (!lease) throw new UploadBusyError(id);
    // It ends when the app's method does.
    lease.pin();
    try {
      const record = await this.registry.get(id);
      if (!record) throw new UploadNotFoundError(id);
      return await work(record);
    } finally {
      lease.release();
    }
  }

  /**
   * Keeps the answer an upload's client is about to get; a refusal removes the upload.
   *
   * @throws UploadFencedError when another process has it answered by now
   */
  async keep(record: UploadRecord, answer: StoredAnswer, isRefusal: boolean): Promise<void> {
    const { id } = record;
    const assertHeld = () => this.leases.assertHeld(answerKey(id));
    await this.leases.hold(id, () =>
      this.finisher.answer(record, answer, { isRefusal, assertHeld }),
    );
  }
}
