import type { UploadRegistry } from '../../registry/index.js';
import type { Leases } from '../leases/leases.js';
import { UploadNotFoundError } from '../model/upload.errors.js';
import type { Transitions } from './transitions.js';

/** Ends uploads at the application's wish. */
export class Removals {
  constructor(
    private readonly registry: UploadRegistry,
    private readonly leases: Leases,
    private readonly transitions: Transitions,
  ) {}

  /**
   * Ends an upload, of any owner; one that has ended stays as it is.
   *
   * @throws UploadNotFoundError
   */
  async discard(id: string): Promise<void> {
    await this.leases.hold(id, async () => {
      const record = await this.registry.get(id);
      if (!record) throw new UploadNotFoundError(id);
      const isOver = record.state === 'terminated' || record.state === 'expired';
      if (!isOver) await this.transitions.end(id, 'terminated');
    });
  }
}
