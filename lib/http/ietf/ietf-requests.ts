import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CreateHooks, FinishHooks } from '../../hooks/index.js';
import type { TusOptions } from '../../options/index.js';
import {
  assertStateless,
  comingBytes,
  formatLimits,
  parseIetfAppend,
  parseIetfCreation,
  type CreationRules,
  type IetfDialect,
} from '../../protocol/index.js';
import type { UploadRecord } from '../../registry/index.js';
import { TUS_OPTIONS } from '../../tus.constants.js';
import {
  assertWithinLimit,
  CompletedUploadError,
  isUnanswered,
  LengthMismatchError,
  parseUploadId,
  Uploads,
  type NewUpload,
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

/**
 * Does what the requests of one instance ask for by the IETF's resumable uploads
 * (draft-ietf-httpbis-resumable-upload), and what those do that are uploads of their own.
 */
@Injectable()
export class IetfRequests implements FrontDoor {
  private readonly urls: UploadUrls;
  private readonly metadata: MetadataCheck;
  private readonly policy: RequestPolicy;

  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    private readonly uploads: Uploads,
    private readonly downloads: FileDownloads,
    private readonly createHooks: CreateHooks,
    private readonly finishHooks: FinishHooks,
    adapterHost: HttpAdapterHost,
  ) {
    this.policy = new RequestPolicy(options);
    this.urls = new UploadUrls(options.publicUrl, adapterHost);
    this.metadata = new MetadataCheck(options.metadata, options.hash);
  }

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
    if (isBare && (await this.isDownload(id, exchange))) return this.downloads.serve(exchange);
    return this.tell(id, exchange, dialect);
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
    if (await this.isDownload(id, exchange)) return this.downloads.serve(exchange);
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
    assertWithinLimit(Math.max(length ?? 0, comingBytes(body) ?? 0), maxSize);
    await this.metadata.assertAcceptable({ metadata }, request);
    const { owner, endpoint, binding } = await this.policy.scopeOf(exchange);
    const quota = await this.policy.quotaFor(exchange);
    const announcement = new Announcement(exchange.res, dialect);
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
      onBegun: (record) => announcement.begin(() => this.headOf(record, exchange, dialect)),
      onAdvanced: announcement.advance,
    };
    const { upload, headers } = await this.createHooks.prepare(asked, request);
    const policy = this.finishHooks.during(request);
    const result = await this.uploads.create(upload, body, policy);
    const { record, end } = result;
    if (!isAnswered(end, record, dialect)) return {};
    const head = { ...headers, ...this.locationOf(record, exchange, dialect) };
    if (record.state === 'finished') return completed(result, dialect, head);
    return { answer: { status: 201, headers: { ...head, ...openState(result, dialect) } } };
  }

  /** What its client is told of an upload before its body is read. */
  private headOf(
    record: UploadRecord,
    exchange: Exchange,
    { profile }: IetfDialect,
  ): Record<string, string> {
    const Location = this.urls.locationOf(record.id, exchange);
    const limits = formatLimits(record, profile);
    return limits === undefined ? { Location } : { Location, 'Upload-Limit': limits };
  }

  private async appendTo(id: string, exchange: Exchange, dialect: IetfDialect): Promise<Outcome> {
    const { req, res, request } = exchange;
    const { profile } = dialect;
    const { offset, isLast, length, digest } = parseIetfAppend(headerLines(req), dialect);
    const scope = await this.policy.scopeOf(exchange, 'ietf');
    const announcement = new Announcement(res, dialect);
    const append = {
      offset,
      length,
      isLast,
      checksum: expectedChecksum(digest, exchange),
      endsWhenPast: profile.endsWhenPast,
      onAdvanced: announcement.advance,
    };
    const policy = this.finishHooks.during(request);
    const appending = this.uploads.append(id, scope, append, bodyOf(exchange), policy);
    const result = await heedingApp(exchange, dialect, appending);
    const { record, end, hasJustFinished } = result;
    if (!isAnswered(end, record, dialect)) return {};
    const isOpen = isUnanswered(record) && !isLast && !hasJustFinished;
    if (record.state === 'receiving' || isOpen) {
      return { answer: { status: profile.appended, headers: openState(result, dialect) } };
    }
    const isRepeated = !hasJustFinished && !isUnanswered(record);
    if (isRepeated && profile.refusesCompleted) throw new CompletedUploadError();
    return completed(result, dialect, this.locationOf(record, exchange, dialect));
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

  /** Whether the file may be had in place of what is known of the upload. */
  private async isDownload(id: string, { endpoint }: Exchange): Promise<boolean> {
    if (!this.options.download || endpoint) return false;
    const found = await this.uploads.find(id);
    return found?.record.state !== 'receiving';
  }

  /** An endpoint's own answer to a request that cannot be resumed says nothing of the upload. */
  private locationOf(
    { id, endpoint }: UploadRecord,
    exchange: Exchange,
    { intent }: IetfDialect,
  ): Record<string, string> {
    if (intent === 'plain' && endpoint !== undefined) return {};
    return { Location: this.urls.locationOf(id, exchange) };
  }
}
