import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { SoleCluster } from '../../lib/cluster/index.js';
import type { UploadRecord } from '../../lib/registry/index.js';
import {
  createUploads,
  Leases,
  storageRecords,
  type FinishPolicy,
  type UploadBody,
  type UploadRules,
  type Uploads,
  type Verdict,
} from '../../lib/uploads/index.js';
import type { ExpectedChecksum } from '../../lib/uploads/bodies/body-check.js';
import { delivery } from '../unit/registry/records.js';
import { MemoryPlace, MemoryRegistry } from './memory.registry.js';
import { MemoryStorage } from './memory.storage.js';

const RULES: UploadRules = {
  idleTimeout: 60_000,
  durability: 'completion',
  reserveDisk: false,
  removePartials: false,
  afterDelivery: 'keep',
  rememberFor: 60_000,
  validFor: 60_000,
};

/** The core on ports that lie in memory: no app, no request, no file. */
export class MemoryCore {
  readonly registry: MemoryRegistry;
  readonly storage: MemoryStorage;
  readonly uploads: Uploads;
  /** What observers were told, oldest first. */
  readonly told: string[] = [];
  /** What is decided on a finish; absent: nobody is asked. */
  decide?: (record: UploadRecord) => Verdict | Promise<Verdict>;

  /**
   * @param rules those that matter
   * @param before one whose process died: what it kept is there, and what it held is free
   */
  constructor(
    rules: Partial<UploadRules> = {},
    private readonly before?: MemoryCore,
  ) {
    this.registry = before?.registry ?? new MemoryRegistry(new MemoryPlace(), new SoleCluster());
    this.storage = before?.storage ?? new MemoryStorage(storageRecords(this.registry));
    const tell = (event: string) => () => void this.told.push(event);
    this.uploads = createUploads({
      registry: this.registry,
      storage: this.storage,
      leases: new Leases(1000),
      rules: { ...RULES, ...rules },
      policy: this.policy,
      observer: {
        created: tell('created'),
        advanced: () => undefined,
        appendBegun: () => undefined,
        appendEnded: () => undefined,
        finished: tell('finished'),
        ended: ({ state }) => this.told.push(state),
        renewed: tell('renewed'),
        misplaced: tell('misplaced'),
        flushFailed: tell('flush failed'),
        lost: tell('lost'),
      },
      completion: {
        deliveriesOf: ({ id }, now) => [delivery(id, { dueAt: now })],
        committed: tell('committed'),
        notCommitted: tell('not committed'),
      },
    });
  }

  private get policy(): FinishPolicy {
    return {
      guards: () => this.decide !== undefined,
      decide: async ({ record }) => (await this.decide?.(record)) ?? { kind: 'accepted' },
    };
  }

  async open(): Promise<this> {
    if (!this.before) await this.registry.open();
    return this;
  }

  /** Creates an upload of so many bytes; `undefined`: deferred. */
  async begin(length?: number, told: Parameters<Uploads['open']>[0] = {}): Promise<string> {
    return (await this.uploads.open({ length, ...told })).id;
  }

  /** Appends bytes as a request does. */
  append(id: string, offset: number, text: string, told: { checksum?: ExpectedChecksum } = {}) {
    return this.uploads.append(id, {}, { offset, ...told }, bodyOf(text));
  }

  async textOf(id: string): Promise<string> {
    const record = (await this.registry.get(id))!;
    return (await buffer(this.storage.createReadStream(record))).toString();
  }

  async deliveriesOf(uploadId: string): Promise<number> {
    return (await this.registry.deliveries({ uploadId })).items.length;
  }
}

/** A body that is there as a whole. */
export function bodyOf(text: string): UploadBody {
  const open = () => Readable.from(text === '' ? [] : [Buffer.from(text)]);
  return { present: text !== '', length: text.length, open, onLost: () => undefined };
}

/** A body that a client is still sending. */
export class OpenBody implements UploadBody {
  readonly present = true;
  private readonly stream = new PassThrough();

  open(): Readable {
    return this.stream;
  }

  onLost(): void {
    // Its client stays.
  }

  send(text: string): void {
    this.stream.write(text);
  }

  end(text = ''): void {
    this.stream.end(text);
  }

  /** Its connection is lost. */
  lose(): void {
    this.stream.destroy();
  }
}

/** The checksum of a text, as a request announces it. */
export function checksumOf(text: string): ExpectedChecksum {
  const digest = createHash('sha256').update(text).digest();
  return { algorithms: ['sha256'], told: () => ({ algorithm: 'sha256', digest }) };
}
