import { HttpException, Injectable } from '@nestjs/common';
import { HandlerExplorer, type Handler } from '../handlers/index.js';
import type {
  BeforeUploadFinishOptions,
  CompleteUpload,
  FinishAnswer,
} from '../interfaces/index.js';
import type { UploadRecord } from '../registry/index.js';
import {
  describeComplete,
  describeRecord,
  isRefusal,
  type FinishPolicy,
  type Finishing,
  type Verdict,
} from '../uploads/index.js';
import { mergeAnswers, refusalAnswer, toStoredAnswer } from './stored-answer.js';

type FinishHandler = Handler<BeforeUploadFinishOptions>;

/** Asks the app's `@BeforeUploadFinish()` methods, one after the other. */
@Injectable()
export class FinishHooks implements FinishPolicy {
  private readonly handlers: FinishHandler[] = [];

  constructor(private readonly explorer: HandlerExplorer) {}

  explore(): void {
    this.explorer.explore<BeforeUploadFinishOptions>('before-finish', (handler) => {
      this.handlers.push(handler);
    });
  }

  /** The same, with the request that brings the last byte. */
  during(request: object): FinishPolicy {
    return {
      guards: (record) => this.guards(record),
      decide: (finishing) => this.decide(finishing, request),
    };
  }

  guards(record: UploadRecord): boolean {
    this.explorer.look();
    return this.handlers.length > 0 && this.handlersFor(record).length > 0;
  }

  async decide({ record, located }: Finishing, request?: object): Promise<Verdict> {
    const upload = { ...describeComplete(record, located), ...(request && { request }) };
    let answer: FinishAnswer | undefined;
    for (const handler of this.handlersFor(record)) {
      const verdict = await this.ask(handler, upload);
      if (verdict instanceof HttpException) return refusal(handler, verdict);
      answer = mergeAnswers(answer, verdict);
    }
    return { kind: 'accepted', ...(answer && { answer: toStoredAnswer(answer) }) };
  }

  private handlersFor(record: UploadRecord): FinishHandler[] {
    const upload = describeRecord(record);
    return this.handlers.filter((handler) => handler.wants(upload));
  }

  private async ask(
    handler: FinishHandler,
    upload: CompleteUpload,
  ): Promise<FinishAnswer | HttpException | undefined> {
    try {
      return (await handler.call(upload.request ?? upload, upload)) as FinishAnswer | undefined;
    } catch (error) {
      if (error instanceof HttpException && isRefusal(error.getStatus())) return error;
      throw error;
    }
  }
}

function refusal({ options }: FinishHandler, error: HttpException): Verdict {
  const { quarantine = false } = options;
  return { kind: 'refused', answer: refusalAnswer(error), quarantine, error };
}
