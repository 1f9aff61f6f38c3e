import { setImmediate as nextTurn } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { CreateHooks, FinishHooks } from '../../hooks/index.js';
import type { TusOptions } from '../../options/index.js';
import {
  assertAppendSize,
  assertStateless,
  comingBytes,
  formatLimits,
  parseIetfAppend,
  parseIetfCreation,
  type CreationRules,
  type IetfDialect,
} from '../../protocol/index.js';
import { TUS_OPTIONS } from '../../tus.constants.js';
import {
  assertWithinLimit,
  CompletedUploadError,
  isUnanswered,
  isWithin,
  LengthMismatchError,
  parseUploadId,
  Uploads,
  type NewUpload,
  type UploadBody,
  type UploadSnapshot,
} from '../../uploads/index.js';
import { bodyOf } from '../connection/request-body.js';
import { FileDownloads } from '../download/file-downloads.js';
import { createsUploads } from '../request/creates-uploads.js';
import type { Exchange } from '../request/exchange.js';
import { expectedChecksum } from '../request/expected-checksum.js';
import { headerLines } from '../request/header-lines.js';
import type { Outcome } from '../response/outcome.js';
import type { FrontDoor } from '../serving/front-door.interface.js';
import { MetadataCheck } from '../serving/metadata-check.js';
import { RequestPolicy } from '../serving/request-policy.js';
import { offeredAt } from '../serving/spoken-protocols.js';
import { UploadUrls } from '../serving/upload-urls.js';
import { Announcement } from './announcement.js';
import { completed, openState, toldState } from './ietf-answers.js';
import { heedingApp } from './last-word.js';
import { isAnswered } from './received.js';
import { spokenDialect } from './spoken-dialect.js';
import { termsOf } from './terms.js';
import { withLimits } from './with-limits.js';

/** Bytes of a body that may have come with its head, in one read of the socket. */
const ONE_READ = 65_536;

/**
 * Does what the requests of one instance ask for by the IETF's resumable uploads
 * (draft-ietf-httpbis-resumable-upload), and what those do that are uploads of their own.
 */
@Injectable()
export class IetfRequests implements FrontDoor {
  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    private readonly uploads: Uploads,
    private readonly downloads: FileDownloads,
    private readonly createHooks: CreateHooks,
    private readonly finishHooks: FinishHooks,
    private readonly policy: RequestPolicy,
    private readonly metadata: MetadataCheck,
    private readonly urls: UploadUrls,
  ) {}

  /** OPTIONS: what is offered (draft §Upload Limits). */
  discover({ endpoint }: Exchange): Promise<Outcome> {
    return Promise.resolve({ answer: { status: 204, headers: offeredAt(this.options, endpoint) } });
  }

  /** POST, or what else creates uploads here (draft §Upload Creation). */
  async create(exchange: Exchange): Promise<Outcome> {
    const dialect = spokenDialect(exchange);
    if (!createsUploads(exchange)) throw this.policy.notAllowed(exchange);
    const rules = await this.policy.rulesFor(exchange);
    try {
      return await heedingApp(exchange, dialect, this.createWithin(rules, exchange, dialect));
    } catch (error) {
      throw withLimits(error, { ...this.options, maxSize: rules.maxSize }, dialect);
    }
  }

  /** HEAD on an upload's URL (draft §Offset Retrieval). */
  async status(exchange: Exchange): Promise<Outcome> {
    const { headers } = exchange.req;
    const dialect = spokenDialect(exchange);
    const id = this.uploadIdOf(exchange);
    assertStateless(headerLines(exchange.req));
    const isBare = headers['upload-draft-interop-version'] === undefined;
    const file = isBare ? await this.fileOf(id, exchange) : undefined;
    if (!file) return this.tell(id, exchange, dialect);
    // Who asks may be a client of uploads all the same.
    for (const field of Object.entries(toldState(file, true, dialect))) {
      exchange.res.setHeader(...field);
    }
    return this.downloads.serve(exchange);
  }

  /** PATCH on an upload's URL (draft §Upload Append). */
  async append(exchange: Exchange): Promise<Outcome> {
    if (createsUploads(exchange)) return this.create(exchange);
    const dialect = spokenDialect(exchange);
    const id = this.uploadIdOf(exchange);
    try {
      return await this.appendTo(id, exchange, dialect);
    } catch (error) {
      throw await this.refused(error, id, dialect);
    }
  }

  /** DELETE on an upload's URL (draft §Upload Cancellation). */
  async terminate(exchange: Exchange): Promise<Outcome> {
    spokenDialect(exchange);
    if (!this.options.extensions.has('termination')) throw this.policy.notAllowed(exchange);
    const id = this.uploadIdOf(exchange);
    assertStateless(headerLines(exchange.req));
    await this.uploads.terminate(id, await this.policy.scopeOf(exchange, 'ietf'));
    return { answer: { status: 204, headers: {} } };
  }

  /** GET on an upload's URL: the finished file where that is offered, else what HEAD tells. */
  async download(exchange: Exchange): Promise<Outcome> {
    const dialect = spokenDialect(exchange);
    const id = this.uploadIdOf(exchange);
    if (await this.fileOf(id, exchange)) return this.downloads.serve(exchange);
    return this.tell(id, exchange, dialect);
  }

  /** Any other method, unless it creates uploads here. */
  refuse(exchange: Exchange): Promise<Outcome> {
    if (createsUploads(exchange)) return this.create(exchange);
    return Promise.reject(this.policy.notAllowed(exchange));
  }

  private async createWithin(
    { maxSize }: CreationRules,
    exchange: Exchange,
    dialect: IetfDialect,
  ): Promise<Outcome> {
    const { request } = exchange;
    const body = bodyOf(exchange);
    const creation = parseIetfCreation(headerLines(exchange.req), body, dialect);
    const { length, metadata, isLast } = creation;
    const coming = comingBytes(body);
    assertAppendSize(coming, isLast || coming === 0, dialect);
    assertWithinLimit(Math.max(length ?? 0, coming ?? 0), maxSize);
    await this.metadata.assertAcceptable({ metadata }, request);
    const { owner, endpoint, binding } = await this.policy.scopeOf(exchange);
    const quota = await this.policy.quotaFor(exchange);
    const announcement = new Announcement(exchange.res, dialect);
    let location = '';
    // Without spreads, after which each property costs a call into the engine.
    const asked: NewUpload = {
      length,
      maxSize,
      metadata,
      checksum: expectedChecksum(creation.digest, exchange),
      owner,
      endpoint,
      binding,
      query: exchange.endpoint?.query,
      quota,
      protocol: 'ietf',
      terms: termsOf(creation, dialect),
      isLast,
      isOneShot: dialect.intent === 'plain',
      maxBytes: mostBytes(dialect),
      onBegun: (record) => {
        exchange.created = record.id;
        location = this.urls.locationOf(record.id, exchange);
        return announcement.begin(location, formatLimits(record, dialect.profile, dialect.sizes));
      },
      onAdvanced: announcement.advance,
    };
    const { upload, headers } = await this.createHooks.prepare(asked, request);
    const policy = this.finishHooks.during(request);
    await parsed(body);
    const result = await this.uploads.create(upload, body, policy);
    const { record, end } = result;
    if (!isAnswered(end, record, dialect)) return {};
    const head: Record<string, string> = { ...headers };
    // An endpoint's own answer to a request that cannot be resumed says nothing of the upload.
    if (dialect.intent === 'resumable' || endpoint === undefined) head.Location = location;
    if (record.state === 'finished') return completed(result, dialect, head);
    return { answer: { status: 201, headers: { ...head, ...openState(result, dialect) } } };
  }

  private async appendTo(id: string, exchange: Exchange, dialect: IetfDialect): Promise<Outcome> {
    const { req, res, request } = exchange;
    const { profile } = dialect;
    const body = bodyOf(exchange);
    const { offset, isLast, length, digest } = parseIetfAppend(headerLines(req), dialect);
    assertAppendSize(comingBytes(body), isLast, dialect);
    const scope = await this.policy.scopeOf(exchange, 'ietf');
    const announcement = new Announcement(res, dialect);
    const append = {
      offset,
      length,
      isLast,
      checksum: expectedChecksum(digest, exchange),
      endsWhenPast: profile.endsWhenPast,
      maxBytes: mostBytes(dialect),
      onAdvanced: announcement.advance,
    };
    const policy = this.finishHooks.during(request);
    const appending = this.uploads.append(id, scope, append, body, policy);
    const result = await heedingApp(exchange, dialect, appending);
    const { record, end, hasJustFinished } = result;
    if (!isAnswered(end, record, dialect)) return {};
    const isOpen = isUnanswered(record) && !isLast && !hasJustFinished;
    if (record.state === 'receiving' || isOpen) {
      return { answer: { status: profile.appended, headers: openState(result, dialect) } };
    }
    const isRepeated = !hasJustFinished && !isUnanswered(record);
    if (isRepeated && profile.refusesCompleted) throw new CompletedUploadError();
    const head = { Location: this.urls.locationOf(id, exchange) };
    return completed(result, dialect, head);
  }

  private async tell(id: string, exchange: Exchange, dialect: IetfDialect): Promise<Outcome> {
    const scope = await this.policy.scopeOf(exchange);
    const policy = this.finishHooks.during(exchange.request);
    const looking = this.uploads.status(id, scope, policy);
    const found = await heedingApp(exchange, dialect, looking);
    const { record, hasJustFinished } = found;
    // Its client asks for the answer with an append, unless it takes all bytes for the end.
    const waits = isUnanswered(record) && record.terms?.endsExplicitly === true;
    const isComplete = record.state === 'finished' && !waits;
    return {
      answer: { status: 204, headers: toldState(found, isComplete, dialect) },
      finished: hasJustFinished ? record : undefined,
      unanswered: isUnanswered(record) && !waits ? record : undefined,
    };
  }

  /** What a client is told that its upload was asked too much of, or is complete. */
  private async refused(error: unknown, id: string, dialect: IetfDialect): Promise<unknown> {
    const found = await this.uploads.find(id).catch(() => undefined);
    const { state, maxSize } = found?.record ?? {};
    const isOver = state === 'finished' && dialect.profile.refusesCompleted;
    if (isOver && error instanceof LengthMismatchError) return new CompletedUploadError();
    return withLimits(error, { ...this.options, maxSize }, dialect);
  }

  /** @throws ProtocolError 405 on the creation URL; UploadNotFoundError */
  private uploadIdOf(exchange: Exchange): string {
    if (exchange.id === undefined) throw this.policy.notAllowed(exchange);
    return parseUploadId(exchange.id);
  }

  /** The upload, where its file may be had in place of what is known of it. */
  private async fileOf(id: string, exchange: Exchange): Promise<UploadSnapshot | undefined> {
    if (!this.options.download || exchange.endpoint) return undefined;
    const found = await this.uploads.find(id);
    if (!found || !isWithin(await this.policy.scopeOf(exchange), found.record)) return undefined;
    const { state, fileRemovedAt } = found.record;
    return state === 'finished' && fileRemovedAt === undefined ? found : undefined;
  }
}

/** Most bytes that a body may have; absent: no limit. */
function mostBytes({ intent, sizes }: IetfDialect): number | undefined {
  return intent === 'plain' ? undefined : sizes.maxAppendSize;
}

/** What came with a request's head is parsed by the next turn of the event loop: all of a small body, as a rule. */
async function parsed({ length = Infinity, isHere }: UploadBody): Promise<void> {
  if (!isHere && length <= ONE_READ) await nextTurn();
}
