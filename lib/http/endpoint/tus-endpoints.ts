import {
  Inject,
  Injectable,
  Logger,
  type CallHandler,
  type ExecutionContext,
  StreamableFile,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { catchError, concatMap, Observable, of, tap, throwError, type Subscriber } from 'rxjs';
import { RunningCalls } from '../../handlers/index.js';
import { MAX_BODY } from '../../hooks/index.js';
import { parseSize, type TusOptions } from '../../options/index.js';
import type { UploadRecord } from '../../registry/index.js';
import { LOGGER_CONTEXT, TUS_OPTIONS } from '../../tus.constants.js';
import { FinishedFiles, isRefusal, Uploads } from '../../uploads/index.js';
import { FrontDoors } from '../entry/front-doors.js';
import { createsUploads } from '../request/creates-uploads.js';
import { ietfDialect } from '../request/dialect.js';
import { exchangeOf, type EndpointPolicy, type Exchange } from '../request/exchange.js';
import { answerOf, asKept, withKept, type Answer } from '../response/answer.js';
import { withoutStatus } from '../response/error-status.js';
import { sendAnswer } from '../response/send-answer.js';
import { toTusException } from '../response/tus-statuses.js';
import { busy } from '../response/tus.exception.js';
import { RequestRunner } from '../serving/request-runner.js';
import { endpointName, UPLOAD_PARAMETER, type EndpointMark } from './endpoint-mark.js';
import { EndpointParameters } from './endpoint-parameters.js';
import { EndpointRequest } from './endpoint-request.js';
import { sendsItself } from './endpoint-routes.js';
import { HeldResponse, type HeldAnswer } from './held-response.js';
import { readAhead } from './read-ahead.js';

/** A request, and the method that may complete its answer. */
interface Turn {
  readonly exchange: Exchange;
  /** What is said of the upload, beside the method's answer. */
  readonly answer: Answer;
  readonly sendFile: boolean;
  /** Whether Nest leaves the sending to the method. */
  readonly sendsItself: boolean;
  readonly next: CallHandler;
}

/** Injection token of an instance's `TusEndpoints`. */
export function getEndpointsToken(name?: string): string {
  return name === undefined ? 'TusEndpoints' : `TusEndpoints(${name})`;
}

/** Serves uploads on the paths of `@TusEndpoint()` methods. */
@Injectable()
export class TusEndpoints {
  private readonly logger = new Logger(LOGGER_CONTEXT);

  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    private readonly doors: FrontDoors,
    private readonly runner: RequestRunner,
    private readonly uploads: Uploads,
    private readonly files: FinishedFiles,
    private readonly parameters: EndpointParameters,
    private readonly calls: RunningCalls,
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
    if (createsUploads(exchange)) await this.parameters.check(context, mark.key);
    const serving = this.doors.serve(exchange);
    const { answer, unanswered } = await this.runner.run(exchange, serving);
    if (!answer) return of(undefined);
    const turn: Turn = {
      exchange,
      answer,
      sendFile: mark.options.sendFile ?? this.options.sendFile,
      sendsItself: sendsItself(context.getClass(), mark.key),
      next,
    };
    return unanswered ? this.complete(unanswered, turn) : this.answer(turn);
  }

  private exchangeOf(mark: EndpointMark, context: ExecutionContext): Exchange {
    const http = context.switchToHttp();
    const { maxSize, protocols, methods } = mark.options;
    const exchange = exchangeOf(http.getRequest(), http.getResponse(), UPLOAD_PARAMETER);
    const endpoint: EndpointPolicy = {
      name: endpointName(mark, context.getClass()),
      ...(maxSize !== undefined && { maxSize: parseSize('maxSize', maxSize) }),
      ...(protocols && { protocols: new Set(protocols) }),
      ...(methods && { methods }),
    };
    if (!createsUploads({ ...exchange, endpoint })) return { ...exchange, endpoint };
    const query = this.parameters.queryOf(context, mark.key);
    return { ...exchange, endpoint: { ...endpoint, query } };
  }

  /**
   * Has Nest send something, for it would complain of a response that it has not sent itself, and
   * puts the answer in its place: what interceptors make of things is not for tus clients.
   */
  private answer({ exchange, answer, sendsItself: isLeft }: Turn): Observable<unknown> {
    const adapter = this.adapterHost.httpAdapter;
    if (isLeft) {
      sendAnswer(adapter, exchange.response, answer);
      return of(undefined);
    }
    const held = new HeldResponse(exchange.res);
    void held.answer.then((made) => {
      const isTheirs = made && made.status >= 400 && made.status !== answer.status;
      if (isTheirs) held.release();
      else held.replace(answer);
    });
    adapter.status(exchange.response, answer.status);
    return of(undefined);
  }

  /** Holds the upload until its answer is kept; nothing is done without a subscriber. */
  private complete({ id }: UploadRecord, turn: Turn): Observable<unknown> {
    return new Observable((subscriber) => {
      this.uploads.answers
        .during(id, (record) => this.completeOnce(record, turn, subscriber))
        .catch((error: unknown) => subscriber.error(this.runner.toException(error, turn.exchange)));
    });
  }

  private async completeOnce(
    record: UploadRecord,
    turn: Turn,
    subscriber: Subscriber<unknown>,
  ): Promise<void> {
    const { exchange, sendFile } = turn;
    const { req, res } = exchange;
    if (record.answer) {
      const isIetf = ietfDialect(req) !== undefined;
      const answer = (isIetf ? asKept : withKept)(turn.answer, record.answer);
      this.answer({ ...turn, answer }).subscribe(subscriber);
      return;
    }
    const request = await EndpointRequest.prepare(this.files, exchange.request, record, sendFile);
    if (subscriber.closed) return request.release();

    const { method } = req;
    const { 'accept-encoding': encoding } = req.headers;
    // What is kept is the answer to the last byte, which has a body, and meets no condition of a cache.
    if (method === 'HEAD' || method === 'GET') req.method = 'PATCH';
    // The client may ask again without accepting this encoding.
    if (encoding !== undefined) req.headers['accept-encoding'] = 'identity';
    const held = this.run(record, turn, subscriber);
    const call = { name: record.endpoint ?? method ?? '', uploadId: record.id };
    const made = await this.calls.during(call, held.answer);
    req.method = method;
    req.headers['accept-encoding'] = encoding;
    request.releaseAfter(res, made?.isTruncated);
    if (made) await this.letOut(held, made, record, exchange);
  }

  /** Runs the method, and holds back what comes of it. */
  private run(
    { addedHeaders }: UploadRecord,
    { exchange, answer, next, sendsItself: isLeft }: Turn,
    subscriber: Subscriber<unknown>,
  ): HeldResponse {
    const { res } = exchange;
    const held = new HeldResponse(res);
    // Once it is answered, the upload does not expire.
    const { 'Upload-Expires': _expires, ...told } = answer.headers;
    // On Node's response, for the method may write to that.
    for (const [name, value] of Object.entries({ ...addedHeaders, ...told })) {
      res.setHeader(name, value);
    }
    next
      .handle()
      .pipe(
        concatMap((value: unknown) =>
          value instanceof StreamableFile ? readAhead(value, MAX_BODY) : of(value),
        ),
        // An error about another upload must not remove this one, as its 404 would.
        catchError((error: unknown) => throwError(() => withoutStatus(error))),
        tap({
          unsubscribe: () => held.abandon(),
          // Once the method has returned, nothing else is sent.
          complete: () => isLeft && held.abandonOnClose(),
        }),
      )
      .subscribe(subscriber);
    return held;
  }

  private async letOut(
    held: HeldResponse,
    made: HeldAnswer,
    record: UploadRecord,
    exchange: Exchange,
  ): Promise<void> {
    try {
      await this.keep(record, made);
      if (exchange.req.method === 'HEAD') toHead(held, made, exchange);
      else held.release();
    } catch (error) {
      held.replace(this.unkept(error, exchange));
    }
  }

  private unkept(error: unknown, exchange: Exchange): Answer {
    const refusal = toTusException(error);
    const status = refusal?.getStatus() ?? 500;
    // A 503 is logged where it begins, once; and what another process has taken is no fault.
    if (status !== 503 && status !== 423) this.runner.report(error, exchange);
    const { message = 'The answer could not be kept; try again.', headers = {} } = refusal ?? {};
    return answerOf({ status, message, headers });
  }

  /**
   * An answer that is not final, a fault above all, leaves the upload as it is, and the method is
   * called again.
   */
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
    // The method may have moved the file away, or ended the upload.
    const isThere = upload?.record.state === 'finished' && upload.record.movedTo === undefined;
    if (isThere) await this.files.remove(id);
  }
}

/**
 * A HEAD is told of the upload only: that it is complete, that it was refused, or, for clients that
 * would begin anew after a fault, that they are to come again.
 */
function toHead(held: HeldResponse, { status }: HeldAnswer, { res }: Exchange): void {
  if (status < 300) res.statusCode = 200;
  if (status < 400 || isRefusal(status)) return held.release();
  const { headers } = busy('The upload has not been taken in yet.');
  held.replace({ status: 423, headers });
}
