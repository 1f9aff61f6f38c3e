import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ROOT_CONTEXT, SpanStatusCode, trace, type Link, type Span } from '@opentelemetry/api';
import type { AppendMessage, DeliveryMessage, UploadMessage } from 'nestjs-tus';

/** Uploads whose spans are remembered for the links of their deliveries, and how many of each. */
const MOST_UPLOADS = 10_000;
const MOST_LINKS = 32;

/** How an append ended, where that is no fault. */
const FINE: ReadonlySet<string> = new Set(['ended', 'newer-request', 'shutdown']);

/**
 * A span for each request that brought bytes, in the trace of that request, and one for each call of a
 * handler, in a trace of its own, which links to all of those.
 */
@Injectable()
export class UploadSpans implements OnModuleInit, OnModuleDestroy {
  private readonly tracer = trace.getTracer('nestjs-tus');
  private readonly links = new Map<string, Link[]>();

  onModuleInit(): void {
    subscribe('nestjs-tus:append', this.onAppend);
    subscribe('nestjs-tus:delivery', this.onDelivery);
    subscribe('nestjs-tus:terminated', this.forget);
    subscribe('nestjs-tus:expired', this.forget);
  }

  onModuleDestroy(): void {
    unsubscribe('nestjs-tus:append', this.onAppend);
    unsubscribe('nestjs-tus:delivery', this.onDelivery);
    unsubscribe('nestjs-tus:terminated', this.forget);
    unsubscribe('nestjs-tus:expired', this.forget);
  }

  private readonly onAppend = (message: unknown): void => {
    const { uploadId, bytes, duration, end } = message as AppendMessage;
    const attributes = { 'tus.upload.id': uploadId, 'tus.bytes': bytes, 'tus.end': end };
    const startTime = Date.now() - duration;
    const span = this.tracer.startSpan('tus append', { startTime, attributes });
    endSpan(span, FINE.has(end));
    this.remember(uploadId, { context: span.spanContext() });
  };

  private readonly onDelivery = (message: unknown): void => {
    const { uploadId, handler, attempt, outcome, duration } = message as DeliveryMessage;
    const attributes = {
      'tus.upload.id': uploadId,
      'tus.handler': handler,
      'tus.attempt': attempt,
      'tus.outcome': outcome,
    };
    const startTime = Date.now() - duration;
    const links = [...(this.links.get(uploadId) ?? [])];
    const options = { startTime, attributes, links, root: true };
    endSpan(
      this.tracer.startSpan(`tus deliver ${handler}`, options, ROOT_CONTEXT),
      outcome === 'done',
    );
  };

  private readonly forget = (message: unknown): void => {
    this.links.delete((message as UploadMessage).uploadId);
  };

  /** The upload that was longest without a request goes first. */
  private remember(id: string, link: Link): void {
    const links = this.links.get(id) ?? [];
    this.links.delete(id);
    this.links.set(id, [...links, link].slice(-MOST_LINKS));
    const [oldest] = this.links.keys();
    if (this.links.size > MOST_UPLOADS && oldest !== undefined) this.links.delete(oldest);
  }
}

function endSpan(span: Span, isFine: boolean): void {
  if (!isFine) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
