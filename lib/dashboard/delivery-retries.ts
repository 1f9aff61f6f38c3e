import { Injectable } from '@nestjs/common';
import { DashboardTus } from './dashboard-tus.js';
import { refusingCursors } from './queries.js';

/** Deliveries looked at together, and the most that one request tries again. */
const PAGE = 100;
const MOST = 1000;

/** How many deliveries wait again, and where to go on when there may be more. */
export interface Retried {
  readonly retried: number;
  readonly cursor?: string;
}

/** Tries deliveries again that were given up. */
@Injectable()
export class DeliveryRetries {
  constructor(private readonly tus: DashboardTus) {}

  async one(uploadId: string, handler: string | undefined): Promise<Retried> {
    return { retried: await this.tus.service.retry(uploadId, handler) };
  }

  /**
   * Tries all of them, a thousand at a time. Those that are given up again meanwhile are behind the
   * cursor, and are not tried for ever.
   *
   * @throws BadRequestException for a cursor of another listing
   */
  async all(from: string | undefined): Promise<Retried> {
    let cursor = from;
    let retried = 0;
    do {
      const listing = this.tus.service.deliveries({ state: 'dead', cursor, limit: PAGE });
      const page = await refusingCursors(listing);
      const ids = new Set(page.items.map(({ uploadId }) => uploadId));
      const counts = await Promise.all([...ids].map((id) => this.tus.service.retry(id)));
      retried += counts.reduce((sum, count) => sum + count, 0);
      ({ cursor } = page);
    } while (cursor !== undefined && retried < MOST);
    return { retried, ...(cursor !== undefined && { cursor }) };
  }
}
