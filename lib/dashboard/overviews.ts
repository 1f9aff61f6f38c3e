import { Injectable } from '@nestjs/common';
import type { Upload, UploadCapacity } from '../interfaces/index.js';
import type { ThroughputStats } from '../measures/index.js';
import type { TusProcess } from '../processes/index.js';
import type { DeliveryState } from '../registry/index.js';
import { DashboardTus } from './dashboard-tus.js';
import { summedThroughput } from './summed-throughput.js';
import { viewOf, type DeliveryView, type Listed, type UploadView } from './views.js';

/** Milliseconds for which an overview is shown to all who ask. */
const FRESH = 500;

/** What the page shows at a glance. */
export interface Overview {
  readonly at: Date;
  readonly instance?: string;
  readonly processes: readonly TusProcess[];
  /** Of all processes. */
  readonly throughput?: ThroughputStats;
  readonly capacity: UploadCapacity;
  /** The youngest first, those included that bytes come to. */
  readonly receiving: Listed<UploadView>;
  readonly quarantined: Listed<UploadView>;
  /** Those that were given up, those that run, and those that wait. */
  readonly deliveries: Readonly<Record<DeliveryState, Listed<DeliveryView>>>;
}

interface Recent {
  readonly at: number;
  readonly limit: number;
  readonly overview: Promise<Overview>;
}

/** Makes overviews, one for all who ask at the same time, and none while no page is open. */
@Injectable()
export class Overviews {
  private recent?: Recent;

  constructor(private readonly tus: DashboardTus) {}

  /** @param limit most items of each list */
  latest(limit: number): Promise<Overview> {
    const now = Date.now();
    if (!this.recent || this.recent.limit !== limit || Math.abs(now - this.recent.at) > FRESH) {
      this.recent = { at: now, limit, overview: this.look(limit) };
    }
    return this.recent.overview;
  }

  /** Something was changed. */
  renew(): void {
    this.recent = undefined;
  }

  private async look(limit: number): Promise<Overview> {
    const { service, instance } = this.tus;
    const [processes, capacity, listed, quarantined, deliveries] = await Promise.all([
      service.processes(),
      service.capacity(),
      service.list({ state: 'receiving', newestFirst: true, limit }),
      service.list({ state: 'quarantined', newestFirst: true, limit }),
      this.deliveries(limit),
    ]);
    const reports = processes.flatMap(({ report }) => report ?? []);
    const ids = reports.flatMap(({ appends }) => appends.map(({ uploadId }) => uploadId));
    const receiving = await this.withOthers(listed.items, ids.slice(0, limit));
    const [own, ...others] = reports.map(({ throughput }) => throughput);
    return {
      at: new Date(),
      instance,
      processes,
      throughput: own && summedThroughput(own, others),
      capacity,
      receiving: { items: receiving.map(viewOf), more: listed.cursor !== undefined },
      quarantined: {
        items: quarantined.items.map(viewOf),
        more: quarantined.cursor !== undefined,
      },
      deliveries,
    };
  }

  /** Those that bytes come to are shown, however old they are. */
  private async withOthers(listed: Upload[], running: readonly string[]): Promise<Upload[]> {
    const known = new Set(listed.map(({ id }) => id));
    const missing = [...new Set(running)].filter((id) => !known.has(id));
    const found = await Promise.all(missing.map((id) => this.tus.service.find(id)));
    const others = found.filter((upload) => upload?.state === 'receiving');
    return [...listed, ...(others as Upload[])];
  }

  private async deliveries(limit: number): Promise<Overview['deliveries']> {
    const [dead, running, waiting] = await Promise.all([
      this.deliveriesIn('dead', limit),
      this.deliveriesIn('running', limit),
      this.deliveriesIn('waiting', limit),
    ]);
    return { dead, running, waiting };
  }

  private async deliveriesIn(state: DeliveryState, limit: number): Promise<Listed<DeliveryView>> {
    const { items, cursor } = await this.tus.service.deliveries({ state, limit });
    const uploads = await Promise.all(items.map(({ uploadId }) => this.tus.service.find(uploadId)));
    const named = items.map((item, index) => ({ ...item, name: uploads[index]?.filename }));
    return { items: named, more: cursor !== undefined };
  }
}
