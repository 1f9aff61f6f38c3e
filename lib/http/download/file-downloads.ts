import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { DownloadDisposition } from '../../interfaces/index.js';
import { checkDisposition, type TusOptions } from '../../options/index.js';
import type { UploadRecord } from '../../registry/index.js';
import type { Located } from '../../storage/index.js';
import { TUS_OPTIONS } from '../../tus.constants.js';
import { describeFinished, FinishedFiles, parseUploadId } from '../../uploads/index.js';
import type { Exchange } from '../request/exchange.js';
import type { Answer } from '../response/answer.js';
import type { Outcome } from '../response/outcome.js';
import { RequestPolicy } from '../serving/request-policy.js';
import { describedAs } from './download-head.js';
import { Downloads } from './downloads.js';

/** Serves finished uploads to GET, where the `download` option offers it. */
@Injectable()
export class FileDownloads implements BeforeApplicationShutdown {
  private readonly downloads: Downloads;

  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    private readonly files: FinishedFiles,
    private readonly policy: RequestPolicy,
  ) {
    this.downloads = new Downloads(options.idleTimeout);
  }

  /**
   * Answers with the file, whole or in part.
   *
   * @throws ProtocolError 405 where that is not offered; what `FinishedFiles.find()` throws
   */
  async serve(exchange: Exchange): Promise<Outcome> {
    if (!this.options.download || exchange.id === undefined) throw this.policy.notAllowed(exchange);
    const id = parseUploadId(exchange.id);
    const { record, found } = await this.files.find(id, await this.policy.scopeOf(exchange));
    const { metadata, movedTo, movingTo } = record;
    const isMoved = movedTo !== undefined || movingTo !== undefined;
    const located = this.files.locate(record);
    const disposition = await this.dispositionOf(record, located, exchange);
    const redirect = await this.redirect(record, disposition, exchange);
    if (redirect) return { answer: redirect };
    const { areFiles } = this.files;
    const fault = await this.downloads.send(exchange, {
      id,
      metadata,
      disposition,
      ...(areFiles
        ? { path: located.path, isMoved }
        : { ...found, read: (range) => this.files.read(record, range) }),
    });
    return { isAnswered: true, ...(fault && { fault }) };
  }

  /** A client that does not read, or reads for hours, would hold up the shutdown. */
  beforeApplicationShutdown(): void {
    this.downloads.end();
  }

  /**
   * To where the storage gives the bytes itself. Not for what is to be sandboxed, which it cannot do, nor
   * for HEAD, which a URL for GET is not signed for.
   */
  private async redirect(
    record: UploadRecord,
    disposition: DownloadDisposition | undefined,
    { req }: Exchange,
  ): Promise<Answer | undefined> {
    const { redirectFor } = this.options;
    if (redirectFor === undefined || req.method !== 'GET') return undefined;
    const { isSandboxed, ...head } = describedAs({ metadata: record.metadata, disposition });
    if (isSandboxed) return undefined;
    const Location = await this.files.share(record, redirectFor / 1000, head);
    return { status: 302, headers: { Location, 'Cache-Control': 'no-store' } };
  }

  /** @throws TusOptionError when the app's function returns something other than a disposition */
  private async dispositionOf(
    record: UploadRecord,
    located: Located,
    { request }: Exchange,
  ): Promise<DownloadDisposition | undefined> {
    const { dispositionOf } = this.options;
    return checkDisposition(await dispositionOf?.(describeFinished(record, located), request));
  }
}
