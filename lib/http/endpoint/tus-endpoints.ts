import {
  Inject,
  Injectable,
  Logger,
  type CallHandler,
  type ExecutionContext,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { of, type Observable } from 'rxjs';
import { parseSize, type TusOptions } from '../../options/index.js';
import type { UploadRecord } from '../../registry/index.js';
import { LOGGER_CONTEXT, TUS_OPTIONS } from '../../tus.constants.js';
import { FinishedFiles, isRefusal, isUnanswered, Uploads } from '../../uploads/index.js';
import { withKept, type Answer } from '../answer.js';
import { exchangeOf, type Exchange } from '../exchange.js';
import { Refusals } from '../refusals.js';
import { prepareAnswer } from '../send-answer.js';
import { TusRequests } from '../tus-requests.js';
import { endpointName, UPLOAD_PARAMETER, type EndpointMark } from './endpoint-mark.js';
import { EndpointRequest } from './endpoint-request.js';
import { HeldResponse, type HeldAnswer } from './held-response.js';

/** A request whose answer the method completes. */
interface Turn {
  readonly exchange: Exchange;
  /** What is said of the upload beside the method's answer. */
  readonly answer: Answer;
  readonly sendFile: boolean;
  readonly next: CallHandler;
}

type GoOn = (result: Observable<unknown>) => void;

/** Injection token of an instance's `TusEndpoints`. */
export function getEndpointsToken(name?: string): string {
  return name === undefined ? 'TusEndpoints' : `TusEndpoints(${name})`;
}

/** Serves uploads on the paths of `@TusEndpoint()` methods. */
@Injectable()
export class TusEndpoints {
  private readonly logger = new Logger(LOGGER_CONTEXT);
  private readonly refusals = new Refusals();

  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    private readonly requests: TusRequests,
    private readonly uploads: Uploads,
    private readonly files: FinishedFiles,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  /**
   * Answers a request, or has the method answer the one that finishes an upload.
   *
   * @throws HttpException for the app's filters
   */
  async serve(
    mark: EndpointMark,
    context: ExecutionContext,
    next: CallHandler,
  ): Promise<Observable<unknown>> {
    const exchange = this.exchangeOf(mark, context);
    const serving = this.requests.serve(exchange);
    const { answer, unanswered } = await this.refusals.orThrow(serving, exchange);
    if (!answer) {
      exchange.req.destroy();
      return of(undefined);
    }
    if (!unanswered) return this.answer(exchange, answer);

    const sendFile = mark.options.sendFile ?? this.options.sendFile;
    return this.complete(unanswered, { exchange, answer, sendFile, next }).catch(
      (error: unknown) => {
        throw this.refusals.of(error, exchange);
      },
    );
  }

  private exchangeOf(mark: EndpointMark, context: ExecutionContext): Exchange {
    const http = context.switchToHttp();
    const { maxSize } = mark.options;
    const exchange = exchangeOf(http.getRequest(), http.getResponse(), UPLOAD_PARAMETER);
    return {
      ...exchange,
      endpoint: {
        name: endpointName(mark, context.getClass()),
        ...(maxSize !== undefined && { maxSize: parseSize('maxSize', maxSize) }),
      },
    };
  }

  /** Nest sends it, for it would complain of a response that someone else has sent. */
  private answer({ response }: Exchange, answer: Answer): Observable<unknown> {
    const adapter = this.adapterHost.httpAdapter;
    adapter.status(response, answer.status);
    return of(prepareAnswer(adapter, response, answer));
  }

  /** @returns what Nest is to go on with; the upload is held until its answer is kept */
  private complete(record: UploadRecord, turn: Turn): Promise<Observable<unknown>> {
    return new Promise((resolve, reject) => {
      this.uploads.answers
        .during(record.id, (current) => this.completeOnce(current, turn, resolve))
        .catch(reject);
    });
  }

  private async completeOnce(record: UploadRecord, turn: Turn, goOn: GoOn): Promise<void> {
    const { exchange, answer, sendFile, next } = turn;
    if (record.answer && !isUnanswered(record)) {
      return goOn(this.answer(exchange, withKept(answer, record.answer)));
    }

    const request = await EndpointRequest.prepare(this.files, exchange.request, record, sendFile);
    const held = new HeldResponse(exchange.res);
    // It expires no more, once it is answered; and what hooks said has another body.
    const { 'Upload-Expires': _expires, 'content-type': _type, ...headers } = answer.headers;
    prepareAnswer(this.adapterHost.httpAdapter, exchange.response, { ...answer, headers });
    goOn(next.handle());
    const made = await held.answer;
    request.release();
    try {
      await this.keep(record, made);
      held.release();
    } catch (error) {
      this.refusals.report(error, exchange);
      held.replace(500, 'The answer could not be kept; try again.\n');
    }
  }

  /** What is no last word, a fault above all, leaves the upload as it is: the method is asked again. */
  private async keep(record: UploadRecord, { isTruncated, ...answer }: HeldAnswer): Promise<void> {
    const { status } = answer;
    if (status >= 400 && !isRefusal(status)) return;
    if (isTruncated) {
      this.logger.warn(`Upload ${record.id}: its answer is too long to be given a second time.`);
    }
    await this.uploads.answers.keep(record, answer, isRefusal(status));
    if (!isRefusal(status) && this.options.afterDelivery === 'remove') await this.remove(record.id);
  }

  private async remove(id: string): Promise<void> {
    const upload = await this.uploads.find(id);
    if (upload?.record.movedTo === undefined) await this.files.remove(id);
  }
}
