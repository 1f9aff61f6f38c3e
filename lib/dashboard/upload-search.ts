import { Injectable, NotFoundException } from '@nestjs/common';
import type { Upload, UploadCapacity } from '../interfaces/index.js';
import type { UploadQuery, UploadState } from '../registry/index.js';
import { DashboardTus } from './dashboard-tus.js';
import { refusingCursors } from './queries.js';
import { detailsOf, viewOf, type UploadDetails, type UploadView } from './views.js';

/** Uploads read at a time. */
const PAGE = 50;

/** Most uploads that are looked through for one answer: no index has their names. */
const MOST_READ = 2000;

/** What uploads are searched by. */
export const SEARCHES = ['name', 'id', 'owner'] as const;

export const STATES: readonly UploadState[] = [
  'receiving',
  'finished',
  'quarantined',
  'terminated',
  'expired',
];

/** What is searched. */
export interface SearchTerms {
  readonly by: (typeof SEARCHES)[number];
  /** All unless given. */
  readonly text?: string;
  /** Any unless given. */
  readonly state?: UploadState;
  /** From an earlier answer. */
  readonly cursor?: string;
}

/** What was found, the youngest first. */
export interface SearchResult {
  readonly items: readonly UploadView[];
  /** Where the search goes on. */
  readonly cursor?: string;
  /** How many uploads were looked at. */
  readonly looked: number;
  /** What the uploads of the owner take that was searched for. */
  readonly capacity?: UploadCapacity;
}

/** Finds uploads by their id, their owner or a part of their name. */
@Injectable()
export class UploadSearch {
  constructor(private readonly tus: DashboardTus) {}

  /** @throws BadRequestException for a cursor of another search */
  search({ by, text, state, cursor }: SearchTerms): Promise<SearchResult> {
    if (text !== undefined && by === 'id') return this.byId(text, state);
    if (text !== undefined && by === 'owner') return this.byOwner(text, { state, cursor });
    return this.byName(text, { state, cursor });
  }

  /** @throws NotFoundException */
  async details(id: string): Promise<UploadDetails> {
    const upload = await this.tus.service.find(id);
    if (!upload) throw new NotFoundException(`There is no upload ${id}.`);
    const { items } = await this.tus.service.deliveries({ uploadId: id });
    return detailsOf(upload, items);
  }

  private async byId(id: string, state: UploadState | undefined): Promise<SearchResult> {
    const upload = await this.tus.service.find(id);
    const isWanted = upload && (state === undefined || upload.state === state);
    return { items: isWanted ? [viewOf(upload)] : [], looked: upload ? 1 : 0 };
  }

  private async byOwner(owner: string, query: UploadQuery): Promise<SearchResult> {
    const [found, capacity] = await Promise.all([
      this.walk({ ...query, owner }, () => true),
      this.tus.service.capacity(owner),
    ]);
    return { ...found, capacity };
  }

  private byName(text: string | undefined, query: UploadQuery): Promise<SearchResult> {
    const wanted = text?.toLowerCase();
    return this.walk(query, ({ filename = '' }) =>
      wanted === undefined ? true : filename.toLowerCase().includes(wanted),
    );
  }

  /** Walks whole pages, so that it can go on from the last one. */
  private async walk(
    query: UploadQuery,
    isWanted: (upload: Upload) => boolean,
  ): Promise<SearchResult> {
    const found: UploadView[] = [];
    let { cursor } = query;
    let looked = 0;
    do {
      const listing = this.tus.service.list({ ...query, newestFirst: true, cursor, limit: PAGE });
      const page = await refusingCursors(listing);
      found.push(...page.items.filter(isWanted).map(viewOf));
      looked += page.items.length;
      ({ cursor } = page);
    } while (cursor !== undefined && found.length < PAGE && looked < MOST_READ);
    return { items: found, looked, ...(cursor !== undefined && { cursor }) };
  }
}
