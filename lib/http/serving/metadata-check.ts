import {
  BadRequestException,
  Inject,
  Injectable,
  ValidationPipe,
  type HttpException,
  type Type,
} from '@nestjs/common';
import type { MetadataRules, TusOptions } from '../../options/index.js';
import {
  announcedDigest,
  decodeMetadata,
  ProtocolError,
  type CreationRequest,
  type Metadata,
} from '../../protocol/index.js';
import { TUS_OPTIONS } from '../../tus.constants.js';
import type { FileHashRule } from '../../uploads/index.js';
import type { PlatformRequest } from '../request/http-types.js';

/** Holds what a client says of an upload against what the app accepts. */
@Injectable()
export class MetadataCheck {
  private readonly rules: MetadataRules;
  private readonly hash?: FileHashRule;
  private readonly pipe?: ValidationPipe;

  constructor(@Inject(TUS_OPTIONS) { metadata, hash }: TusOptions) {
    this.rules = metadata;
    this.hash = hash;
    // The app's own pipe would strip, or transform, by rules that are meant for its bodies.
    if (metadata.type) this.pipe = new ValidationPipe({ forbidUnknownValues: false });
  }

  /**
   * A part of an upload need not say what the whole is; the final upload must.
   *
   * @throws ProtocolError 400 with the validator's words
   */
  async assertAcceptable(
    { metadata, concat }: CreationRequest,
    request: PlatformRequest,
  ): Promise<void> {
    const decoded = this.assertSize(metadata);
    if (concat?.kind === 'partial') return;
    this.assertDigest(decoded);
    const { text } = decoded;
    const { type, validate } = this.rules;
    if (type) await this.assertType(text, type);
    if (validate) await this.assertValid(() => validate(text, request));
  }

  private assertDigest(metadata: Metadata): void {
    const { algorithm, compareWith } = this.hash ?? {};
    if (algorithm && compareWith !== undefined) announcedDigest(metadata, compareWith, algorithm);
  }

  private assertSize(header = ''): Metadata {
    const { maxBytes, maxKeys } = this.rules;
    const metadata = decodeMetadata(header);
    const keys = Object.keys(metadata.text).length;
    if (header.length > maxBytes) {
      throw new ProtocolError(400, `Upload-Metadata is longer than ${maxBytes} bytes.`);
    }
    if (keys > maxKeys) {
      throw new ProtocolError(400, `Upload-Metadata has more than ${maxKeys} keys.`);
    }
    return metadata;
  }

  private async assertType(text: Record<string, string>, metatype: Type): Promise<void> {
    await this.assertValid(() => this.pipe?.transform({ ...text }, { type: 'body', metatype }));
  }

  private async assertValid(work: () => unknown): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof BadRequestException)) throw error;
      throw new ProtocolError(400, `Upload-Metadata: ${wordsOf(error)}`, {}, { cause: error });
    }
  }
}

/** One line, whether the validator said one thing or several, in whatever form. */
function wordsOf(error: HttpException): string {
  const response = error.getResponse();
  const said: unknown = typeof response === 'string' ? response : Reflect.get(response, 'message');
  const words = [said ?? response].flat().map((word) => {
    return typeof word === 'string' ? word : JSON.stringify(word);
  });
  return words.join('; ').replace(/\s+/g, ' ');
}
