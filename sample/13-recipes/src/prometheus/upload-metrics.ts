import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { TusService, type AppendMessage, type DeliveryMessage } from 'nestjs-tus';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120];

/** Counts by `stats()`, which is read when Prometheus asks; times by the channels, as they come. */
@Injectable()
export class UploadMetrics implements OnModuleInit, OnModuleDestroy {
  readonly registry = new Registry();

  private readonly lastWait = new Histogram({
    name: 'tus_last_wait_seconds',
    help: 'How long clients waited after the last byte.',
    buckets: SECONDS,
    registers: [this.registry],
  });

  private readonly handlers = new Histogram({
    name: 'tus_handler_seconds',
    help: 'How long handlers of finished uploads took.',
    labelNames: ['handler', 'outcome'],
    buckets: SECONDS,
    registers: [this.registry],
  });

  constructor(private readonly tus: TusService) {
    const stats = () => this.tus.stats();
    this.count(
      'tus_uploads_total',
      'Uploads that came to a state.',
      'state',
      () => stats().uploads,
    );
    this.count('tus_refused_total', 'Requests refused.', 'reason', () => stats().refused);
    this.count('tus_deliveries_total', 'Calls of handlers.', 'outcome', () => {
      const { done, retried, dead } = stats().deliveries;
      return { done, retried, dead };
    });
    this.count('tus_taken_over_total', 'Uploads taken from a request.', 'by', () => {
      const { takenOver, fenced } = stats().appends;
      return { request: takenOver, process: fenced };
    });
    this.gauge('tus_received_bytes', 'Bytes kept since the start.', () => stats().appends.bytes);
    this.gauge('tus_appends_running', 'Requests that bring bytes.', () => stats().appends.running);
  }

  onModuleInit(): void {
    subscribe('nestjs-tus:append', this.onAppend);
    subscribe('nestjs-tus:delivery', this.onDelivery);
  }

  onModuleDestroy(): void {
    unsubscribe('nestjs-tus:append', this.onAppend);
    unsubscribe('nestjs-tus:delivery', this.onDelivery);
  }

  private readonly onAppend = (message: unknown): void => {
    const { lastWait } = message as AppendMessage;
    if (lastWait !== undefined) this.lastWait.observe(lastWait / 1000);
  };

  private readonly onDelivery = (message: unknown): void => {
    const { handler, outcome, duration } = message as DeliveryMessage;
    this.handlers.observe({ handler, outcome }, duration / 1000);
  };

  /** A counter whose values are counted elsewhere, and only grow. */
  private count(
    name: string,
    help: string,
    label: string,
    read: () => Readonly<Record<string, number>>,
  ): void {
    new Counter({
      name,
      help,
      labelNames: [label],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [value, count] of Object.entries(read())) this.inc({ [label]: value }, count);
      },
    });
  }

  private gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }
}
