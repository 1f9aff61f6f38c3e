import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { TusService, type Upload } from 'nestjs-tus';

/** A finished upload as the page shows it. */
export interface FinishedItem {
  readonly id: string;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly path?: string;
  readonly finishedAt?: Date;
}

/** What the handler recorded, and what was finished before this process started. */
@Injectable()
export class FinishedUploads implements OnApplicationBootstrap {
  // By id, because a handler may be called more than once for an upload.
  private readonly items = new Map<string, FinishedItem>();

  constructor(private readonly tus: TusService) {}

  async onApplicationBootstrap(): Promise<void> {
    let cursor: string | undefined;
    do {
      const page = await this.tus.list({ state: 'finished', cursor });
      page.items.forEach((upload) => this.add(toItem(upload)));
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  add(item: FinishedItem): void {
    this.items.set(item.id, item);
  }

  /** All of them, the newest first. */
  all(): FinishedItem[] {
    return [...this.items.values()].sort((a, b) => time(b) - time(a));
  }
}

function toItem(upload: Upload): FinishedItem {
  return {
    id: upload.id,
    name: upload.filename ?? upload.id,
    size: upload.offset,
    path: upload.path,
    finishedAt: upload.endedAt,
  };
}

function time(item: FinishedItem): number {
  return item.finishedAt?.getTime() ?? 0;
}
