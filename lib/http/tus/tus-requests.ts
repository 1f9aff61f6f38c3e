import { Inject, Injectable } from '@nestjs/common';
import { UploadFencedError } from '../../errors/index.js';
import { CreateHooks, FinishHooks } from '../../hooks/index.js';
import type { TusOptions } from '../../options/index.js';
import {
  assertVersion,
  formatExpires,
  parseAppend,
  parseCreation,
  progressHeaders,
  statusHeaders,
} from '../../protocol/index.js';
import type { UploadRecord } from '../../registry/index.js';
import { TUS_OPTIONS } from '../../tus.constants.js';
import {
  FinalUploadError,
  isFinal,
  isUnanswered,
  isWithin,
  Uploads,
  type UploadResult,
  type UploadScope,
} from '../../uploads/index.js';
import { bodyOf } from '../connection/request-body.js';
import { FileDownloads } from '../download/file-downloads.js';
import type { Exchange } from '../request/exchange.js';
import { expectedChecksum } from '../request/expected-checksum.js';
import { headerLines } from '../request/header-lines.js';
import { withKept, withKeptHeaders, type Answer } from '../response/answer.js';
import type { Outcome } from '../response/outcome.js';
import { toTusException } from '../response/tus-statuses.js';
import { TusException } from '../response/tus.exception.js';
import type { FrontDoor } from '../serving/front-door.interface.js';
import { MetadataCheck } from '../serving/metadata-check.js';
import { answerTo } from './received.js';
import { offeredAt } from '../serving/spoken-protocols.js';
import { RequestPolicy } from '../serving/request-policy.js';
import { UploadUrls } from '../serving/upload-urls.js';

/** Does what the requests of one instance ask for, a method a verb. */
@Injectable()
export class TusRequests implements FrontDoor {
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

  /** OPTIONS: what is offered (tus 1.0 §OPTIONS). */
  discover({ endpoint }: Exchange): Promise<Outcome> {
    return Promise.resolve({ answer: { status: 204, headers: offeredAt(this.options, endpoint) } });
  }

  /** POST on the creation URL (tus 1.0 §Creation, §Creation With Upload). */
  async create(exchange: Exchange): Promise<Outcome> {
    const { req, request } = exchange;
    const { extensions } = this.options;
    if (exchange.id !== undefined || !extensions.has('creation'))
      throw this.policy.notAllowed(exchange);

    assertVersion(headerLines(req));
    const body = bodyOf(exchange);
    const rules = await this.policy.rulesFor(exchange);
    const paths = () => this.urls.creationPaths(request);
    const creation = parseCreation(headerLines(req), body, rules, paths);
    await this.metadata.assertAcceptable(creation, request);
    const scope = await this.policy.scopeOf(exchange);
    const quota = await this.policy.quotaFor(exchange);
    const { query } = exchange.endpoint ?? {};
    const { length, metadata, concat, concatHeader } = creation;
    const { owner, endpoint, binding } = scope;
    // Without spreads, after which each property costs a call into the engine.
    const asked = {
      length,
      maxSize: rules.maxSize,
      metadata,
      checksum: expectedChecksum(creation.checksum, exchange),
      kind: concat?.kind,
      parts: concat?.kind === 'final' ? concat.parts : undefined,
      concat: concatHeader,
      owner,
      endpoint,
      binding,
      query,
      quota,
    };
    const { upload, headers } = await this.createHooks.prepare(asked, request);
    const result = await this.uploads.create(upload, body, this.finishHooks.during(request));
    const Location = this.urls.locationOf(result.record.id, exchange);
    const answer = answerTo(result.end, {
      status: 201,
      headers: { ...headers, Location, ...progressHeaders(result) },
    });
    return outcomeOf(result, answer);
  }

  /** HEAD on an upload's URL (tus 1.0 §HEAD). */
  async status(exchange: Exchange): Promise<Outcome> {
    if (this.isDownloadHead(exchange)) return this.download(exchange);
    const id = this.policy.uploadIdOf(exchange);
    const finishPolicy = this.finishHooks.during(exchange.request);
    const scope = await this.policy.scopeOf(exchange, 'tus');
    const found = await this.uploads.status(id, scope, finishPolicy);
    const { offset, expiresAt } = found;
    const { length, metadata } = found.record;
    const concat = concatOf(found.record);
    const headers = statusHeaders({ offset, expiresAt, length, metadata, concat });
    return outcomeOf(found, { status: 200, headers }, withKeptHeaders);
  }

  /** PATCH on an upload's URL (tus 1.0 §PATCH). */
  async append(exchange: Exchange): Promise<Outcome> {
    const id = this.policy.uploadIdOf(exchange);
    const scope = await this.policy.scopeOf(exchange, 'tus');
    try {
      return await this.appendTo(id, scope, exchange);
    } catch (error) {
      if (error instanceof UploadFencedError) throw error;
      const refusal = toTusException(error);
      throw refusal ? await this.refused(refusal, id, scope) : error;
    }
  }

  /** DELETE on an upload's URL (tus 1.0 §Termination). */
  async terminate(exchange: Exchange): Promise<Outcome> {
    if (!this.options.extensions.has('termination')) throw this.policy.notAllowed(exchange);
    const id = this.policy.uploadIdOf(exchange);
    await this.uploads.terminate(id, await this.policy.scopeOf(exchange, 'tus'));
    return { answer: { status: 204, headers: {} } };
  }

  /** GET on an upload's URL: the finished file, where the `download` option offers it. */
  async download(exchange: Exchange): Promise<Outcome> {
    if (exchange.endpoint) throw this.policy.notAllowed(exchange);
    return this.downloads.serve(exchange);
  }

  /** A method that means nothing here (RFC 9110 §15.5.6). */
  refuse(exchange: Exchange): Promise<Outcome> {
    return Promise.reject(this.policy.notAllowed(exchange));
  }

  private async appendTo(id: string, scope: UploadScope, exchange: Exchange): Promise<Outcome> {
    const { req, request } = exchange;
    const { offset, length, checksum } = parseAppend(headerLines(req), this.options);
    const append = { offset, length, checksum: expectedChecksum(checksum, exchange) };
    const finishPolicy = this.finishHooks.during(request);
    const result = await this.uploads.append(id, scope, append, bodyOf(exchange), finishPolicy);
    return outcomeOf(
      result,
      answerTo(result.end, { status: 204, headers: progressHeaders(result) }),
    );
  }

  /**
   * Every answer to a PATCH says when the upload expires, refusals included (tus 1.0 §Expiration).
   * That an upload is a final one goes before any other refusal (§Concatenation).
   */
  private async refused(
    refusal: TusException,
    id: string,
    scope: UploadScope,
  ): Promise<TusException> {
    const upload = await this.uploads.find(id);
    if (!upload || !isWithin(scope, upload.record)) return refusal;
    if (isFinal(upload.record)) return toTusException(new FinalUploadError()) ?? refusal;
    if (upload.expiresAt === undefined) return refusal;
    const headers = { ...refusal.headers, 'Upload-Expires': formatExpires(upload.expiresAt) };
    return new TusException(refusal.getStatus(), refusal.message, headers, {
      cause: refusal.cause,
    });
  }

  /** A HEAD that does not speak tus asks what GET would answer (RFC 9110 §9.3.2). */
  private isDownloadHead({ req, endpoint }: Exchange): boolean {
    const isOffered = this.options.download && endpoint === undefined;
    return isOffered && req.headers['tus-resumable'] === undefined;
  }
}

/** `Upload-Concat` as received, or, where its list was too long to be remembered, what it began with. */
function concatOf({ kind, concat }: UploadRecord): string | undefined {
  return concat ?? (kind === 'final' ? 'final;' : kind);
}

/**
 * @param answer `undefined` when the client has gone
 * @param complete adds to it what was kept for this client
 */
function outcomeOf(
  { record, hasJustFinished }: UploadResult,
  answer: Answer | undefined,
  complete = withKept,
): Outcome {
  if (!answer) return {};
  return {
    answer: complete(answer, record.answer),
    finished: hasJustFinished ? record : undefined,
    unanswered: isUnanswered(record) ? record : undefined,
  };
}
