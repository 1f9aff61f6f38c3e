import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type ListMultipartUploadsCommandInput,
  type ListMultipartUploadsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { PartBody } from '../gathering/part-body.js';
import type { S3Address } from '../s3-state.js';
import { isMissing } from '../s3.errors.js';
import {
  addressed,
  conditionsOf,
  copyOf,
  RequestSender,
  unquoted,
  type RequestGuard,
} from './request-sender.js';
import type {
  CopySource,
  NewObjectOptions,
  PlaceTerms,
  RequestOptions,
  S3Listed,
  S3Part,
} from './s3-requests.interface.js';
import { LONG_WORK } from './silence-limit.js';

/** Which multipart upload. */
export interface MultipartAddress extends S3Address {
  readonly uploadId: string;
}

/** The requests for multipart uploads, which throw what the store says. */
export class MultipartRequests {
  private readonly sender: RequestSender;

  /** @param guard throws once nothing may be sent any more */
  constructor(
    private readonly client: S3Client,
    guard?: RequestGuard,
  ) {
    this.sender = new RequestSender(client, guard);
  }

  /** @returns its id */
  async create(at: S3Address, { object, signal }: NewObjectOptions = {}): Promise<string> {
    const command = new CreateMultipartUploadCommand({ ...object, ...addressed(at) });
    const { UploadId } = await this.sender.ask(
      command,
      (options) => this.client.send(command, options),
      {
        signal,
      },
    );
    if (UploadId === undefined) throw new Error('The store has begun no multipart upload.');
    return UploadId;
  }

  /** @returns what tells the part from others */
  async uploadPart(
    at: MultipartAddress,
    number: number,
    body: PartBody,
    { signal }: RequestOptions = {},
  ): Promise<string> {
    const input = { ...uploadOf(at), PartNumber: number };
    const { ETag = '' } = await this.sender.sendBody(
      body,
      (content) => new UploadPartCommand({ ...input, ...content }),
      (command, options) => this.client.send(command, options),
      signal,
    );
    return unquoted(ETag);
  }

  /** @param source with the range to copy, at most 5 GiB */
  async copyPart(
    at: MultipartAddress,
    number: number,
    source: CopySource,
    { signal }: RequestOptions = {},
  ): Promise<void> {
    const input = { ...uploadOf(at), PartNumber: number, ...copyOf(source) };
    const command = new UploadPartCopyCommand(input);
    await this.sender.ask(command, (options) => this.client.send(command, options), {
      signal,
      silence: LONG_WORK,
    });
  }

  /** All parts that are there, in order. */
  async parts(at: MultipartAddress): Promise<readonly S3Part[]> {
    const parts: S3Part[] = [];
    let marker: string | undefined;
    do {
      const command = new ListPartsCommand({ ...uploadOf(at), PartNumberMarker: marker });
      const page = await this.sender.ask(command, (options) => this.client.send(command, options));
      for (const { PartNumber = 0, Size = 0, ETag = '' } of page.Parts ?? []) {
        parts.push({ number: PartNumber, size: Size, etag: unquoted(ETag) });
      }
      marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
    } while (marker !== undefined);
    return parts.sort((one, other) => one.number - other.number);
  }

  /** @returns what tells the object from others, where the store says it */
  async complete(
    at: MultipartAddress,
    parts: readonly S3Part[],
    { signal, ...terms }: RequestOptions & PlaceTerms = {},
  ): Promise<string | undefined> {
    const command = new CompleteMultipartUploadCommand({
      ...uploadOf(at),
      MultipartUpload: {
        Parts: parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })),
      },
      ...conditionsOf(terms),
    });
    const { ETag } = await this.sender.ask(
      command,
      (options) => this.client.send(command, options),
      {
        signal,
        silence: LONG_WORK,
      },
    );
    return ETag || undefined;
  }

  /** @returns whether it was there */
  async abort(at: MultipartAddress): Promise<boolean> {
    const command = new AbortMultipartUploadCommand(uploadOf(at));
    try {
      await this.sender.ask(command, (options) => this.client.send(command, options));
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  /** Those whose key begins with a text, a page at a time. */
  async *list(bucket: string, prefix: string): AsyncGenerator<S3Listed> {
    let marker: Pick<ListMultipartUploadsCommandInput, 'KeyMarker' | 'UploadIdMarker'> | undefined;
    do {
      const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
        Bucket: bucket,
        Prefix: prefix,
        ...marker,
      });
      const page: ListMultipartUploadsCommandOutput = await this.sender.ask(command, (options) =>
        this.client.send(command, options),
      );
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        if (Key === undefined || UploadId === undefined) continue;
        yield { key: Key, uploadId: UploadId, at: Initiated?.getTime() ?? Date.now() };
      }
      const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page;
      marker = IsTruncated
        ? { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker }
        : undefined;
    } while (marker);
  }
}

function uploadOf(at: MultipartAddress) {
  return { ...addressed(at), UploadId: at.uploadId };
}
