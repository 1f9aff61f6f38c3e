import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { parseSize, type TusOptions } from '../options/index.js';
import {
  allowedMethods,
  assertVersion,
  discoveryHeaders,
  finalIsClosed,
  formatExpires,
  isFinal,
  isUploadId,
  methodNotAllowed,
  parseAppend,
  parseCreation,
  progressHeaders,
  ProtocolError,
  statusHeaders,
  type CreationRules,
} from '../protocol/index.js';
import { TUS_OPTIONS, TUS_ROUTE } from '../tus.constants.js';
import { FinishedFiles, UploadNotFoundError, Uploads } from '../uploads/index.js';
import { headerLines } from './header-lines.js';
import type { Answer } from './answer.js';
import { createCorsHandler } from './cors.js';
import { Downloads } from './downloads.js';
import { exchangeOf, type Exchange } from './exchange.js';
import { rawRequest, type PlatformRequest, type PlatformResponse } from './http-types.js';
import { MetadataCheck } from './metadata-check.js';
import { platformOf } from './platform.js';
import { answerTo } from './received.js';
import { Refusals } from './refusals.js';
import { bodyOf } from './request-body.js';
import { sendAnswer } from './send-answer.js';
import type { TusRoute } from './tus-route.js';
import { toTusException, TusException } from './tus.exception.js';
import { UploadUrls } from './upload-urls.js';

/** Brings the requests of one instance to its uploads, and what came of them to the client. */
@Injectable()
export class TusHttp implements BeforeApplicationShutdown {
  private readonly refusals = new Refusals();
  private readonly downloads: Downloads;
  private readonly urls: UploadUrls;
  private readonly metadata: MetadataCheck;

  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    @Inject(TUS_ROUTE) route: TusRoute,
    private readonly uploads: Uploads,
    private readonly files: FinishedFiles,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    this.urls = new UploadUrls(options.publicUrl);
    this.metadata = new MetadataCheck(options.metadata);
    this.downloads = new Downloads(options.idleTimeout);
    route.discovery = discoveryHeaders(options);
    if (options.cors) route.cors = createCorsHandler(options.cors);
  }

  /** OPTIONS: what is offered (tus 1.0 §OPTIONS). */
  discover(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    const headers = discoveryHeaders(this.options);
    return this.serve(request, response, () => Promise.resolve({ status: 204, headers }));
  }

  /** POST on the creation URL (tus 1.0 §Creation, §Creation With Upload). */
  create(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    return this.serve(request, response, async (exchange) => {
      const { req, res } = exchange;
      const { extensions } = this.options;
      if (exchange.id !== undefined || !extensions.has('creation')) throw this.notAllowed(exchange);

      assertVersion(headerLines(req));
      const body = bodyOf(req, res);
      const own = this.urls.ownUrls(request);
      const rules = await this.rulesFor(request);
      const creation = parseCreation(headerLines(req), body, rules, own);
      await this.metadata.assertAcceptable(creation, request);
      const owner = await this.ownerOf(request);
      const { maxSize } = rules;
      const result = await this.uploads.create({ ...creation, owner, maxSize }, body);
      const Location = this.urls.locationOf(result.record.id, request, this.trustsProxy(request));
      return answerTo(result.end, {
        status: 201,
        headers: { Location, ...progressHeaders(result) },
      });
    });
  }

  /** HEAD on an upload's URL (tus 1.0 §HEAD). */
  status(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    if (this.isDownloadHead(request)) return this.download(request, response);
    return this.serve(request, response, async (exchange) => {
      const id = this.uploadIdOf(exchange);
      const { record, offset, expiresAt } = await this.uploads.status(
        id,
        await this.ownerOf(request),
      );
      const { length, metadata, concat } = record;
      const headers = statusHeaders({ offset, expiresAt, length, metadata, concat });
      return { status: 200, headers };
    });
  }

  /** PATCH on an upload's URL (tus 1.0 §PATCH). */
  append(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    return this.serve(request, response, async (exchange) => {
      const id = this.uploadIdOf(exchange);
      const owner = await this.ownerOf(request);
      try {
        return await this.appendTo(id, owner, exchange);
      } catch (error) {
        const refusal = toTusException(error);
        throw refusal ? await this.refused(refusal, id, owner) : error;
      }
    });
  }

  /** DELETE on an upload's URL (tus 1.0 §Termination). */
  terminate(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    return this.serve(request, response, async (exchange) => {
      if (!this.options.extensions.has('termination')) throw this.notAllowed(exchange);
      const id = this.uploadIdOf(exchange);
      await this.uploads.terminate(id, await this.ownerOf(request));
      return { status: 204, headers: {} };
    });
  }

  /** GET on an upload's URL: the finished file, where the `download` option offers it. */
  download(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    return this.serve(request, response, async (exchange) => {
      if (!this.options.download || exchange.id === undefined) throw this.notAllowed(exchange);
      const id = this.knownId(exchange.id);
      const record = await this.files.recordOf(id, await this.ownerOf(request));
      const { metadata } = record;
      const path = this.files.locate(record);
      const fault = await this.downloads.send(exchange, { id, path, metadata });
      if (fault) this.refusals.report(fault, exchange);
      return 'answered';
    });
  }

  /** A client that does not read, or reads for hours, would hold up the shutdown. */
  beforeApplicationShutdown(): void {
    this.downloads.end();
  }

  /** A method that means nothing here (RFC 9110 §15.5.6). */
  refuse(request: PlatformRequest, response: PlatformResponse): Promise<void> {
    return this.serve(request, response, (exchange) => Promise.reject(this.notAllowed(exchange)));
  }

  private async appendTo(
    id: string,
    owner: string | undefined,
    { req, res }: Exchange,
  ): Promise<Answer | undefined> {
    const append = parseAppend(headerLines(req), this.options);
    const result = await this.uploads.append(id, owner, append, bodyOf(req, res));
    return answerTo(result.end, { status: 204, headers: progressHeaders(result) });
  }

  private async serve(
    request: PlatformRequest,
    response: PlatformResponse,
    work: (exchange: Exchange) => Promise<Answer | 'answered' | undefined>,
  ): Promise<void> {
    const exchange = exchangeOf(request, response);
    const answer = await work(exchange).catch((error: unknown) => {
      throw this.refusals.of(error, exchange);
    });
    if (answer === 'answered') return;
    if (answer) sendAnswer(this.adapterHost.httpAdapter, response, answer);
    else exchange.req.destroy();
  }

  /**
   * Every answer to a PATCH says when the upload expires, refusals too (tus 1.0 §Expiration); and
   * that an upload is a final one goes before all else that is wrong (§Concatenation).
   */
  private async refused(
    refusal: TusException,
    id: string,
    owner: string | undefined,
  ): Promise<TusException | ProtocolError> {
    const upload = await this.uploads.find(id);
    if (upload?.record.owner !== owner) return refusal;
    if (isFinal(upload?.record.concat)) return finalIsClosed();
    if (upload?.expiresAt === undefined) return refusal;
    const headers = { ...refusal.headers, 'Upload-Expires': formatExpires(upload.expiresAt) };
    return new TusException(refusal.getStatus(), refusal.message, headers, {
      cause: refusal.cause,
    });
  }

  private uploadIdOf(exchange: Exchange): string {
    const { id } = exchange;
    if (id === undefined) throw this.notAllowed(exchange);
    assertVersion(headerLines(exchange.req));
    return this.knownId(id);
  }

  private knownId(id: string): string {
    if (isUploadId(id)) return id;
    throw new UploadNotFoundError(id.slice(0, 60));
  }

  private notAllowed({ id }: Exchange): ProtocolError {
    const target = id === undefined ? 'creation' : 'upload';
    return methodNotAllowed(allowedMethods(this.options, target));
  }

  /** A HEAD that does not speak tus asks what GET would answer (RFC 9110 §9.3.2). */
  private isDownloadHead(request: PlatformRequest): boolean {
    return this.options.download && rawRequest(request).headers['tus-resumable'] === undefined;
  }

  private trustsProxy(request: PlatformRequest): boolean {
    return platformOf(this.adapterHost.httpAdapter)?.trustsProxy(request) ?? false;
  }

  private async rulesFor(request: PlatformRequest): Promise<CreationRules> {
    const { extensions, maxSize, maxSizeOf } = this.options;
    if (!maxSizeOf) return { extensions, maxSize };
    const size = await maxSizeOf(request as never);
    return { extensions, maxSize: size === undefined ? undefined : parseSize('maxSize', size) };
  }

  private ownerOf(request: PlatformRequest): string | undefined | Promise<string | undefined> {
    return this.options.owner?.(request);
  }
}
