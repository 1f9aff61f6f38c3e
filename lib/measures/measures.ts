import { Inject, Injectable, Optional } from '@nestjs/common';
import { channel } from 'node:diagnostics_channel';
import { TUS_NAME } from '../tus.constants.js';
import { Throughput } from './throughput.js';
import { Timing } from './timing.js';
import type {
  AppendMessage,
  DeliveryMessage,
  PassStats,
  RefusedMessage,
  RunningAppend,
  ThroughputStats,
  TusStats,
  UploadChangeName,
  UploadMessage,
} from './tus-measures.interface.js';

/** A message before it is known which instance it is of. */
type Untold<T> = Omit<T, 'instance'>;

/** Of processes, not of instances: who listens tells instances apart by the messages. */
const CHANNELS = {
  created: channel('nestjs-tus:created'),
  finished: channel('nestjs-tus:finished'),
  terminated: channel('nestjs-tus:terminated'),
  expired: channel('nestjs-tus:expired'),
  quarantined: channel('nestjs-tus:quarantined'),
  append: channel('nestjs-tus:append'),
  refused: channel('nestjs-tus:refused'),
  delivery: channel('nestjs-tus:delivery'),
} as const;

/** How far a request has come that brings bytes. */
interface Running {
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Bytes that the upload had before it. */
  readonly start: number;
  offset: number;
}

/** Which count an outcome of a delivery goes to. */
const OUTCOMES = { done: 'done', retry: 'retried', dead: 'dead' } as const;

/**
 * Counts what an instance does in this process, and publishes it on channels of
 * `node:diagnostics_channel`, where it costs next to nothing while no one subscribes.
 */
@Injectable()
export class Measures {
  private readonly since = new Date();
  private readonly uploads = { created: 0, finished: 0, terminated: 0, expired: 0, quarantined: 0 };
  private readonly appends = { running: 0, ended: 0, bytes: 0, takenOver: 0, fenced: 0 };
  /** By upload: one append of each runs at a time. */
  private readonly runningAppends = new Map<string, Running>();
  private readonly received = new Throughput();
  private readonly appendDuration = new Timing();
  private readonly lastWait = new Timing();
  private readonly refusals = new Map<string, number>();
  private readonly deliveries = { done: 0, retried: 0, dead: 0 };
  private readonly deliveryDuration = new Timing();
  private cleanup?: PassStats;
  private recovery?: PassStats;

  constructor(@Optional() @Inject(TUS_NAME) private readonly instance?: string) {}

  changed(change: UploadChangeName, message: Untold<UploadMessage>): void {
    this.uploads[change] += 1;
    this.publish<UploadMessage>(change, message);
  }

  appendBegun(uploadId: string, offset: number): void {
    this.appends.running += 1;
    this.runningAppends.set(uploadId, { since: Date.now(), start: offset, offset });
  }

  /** Told for every write. */
  advanced(uploadId: string, offset: number): void {
    const append = this.runningAppends.get(uploadId);
    if (!append) return;
    this.received.add(offset - append.offset);
    append.offset = offset;
  }

  appendEnded(message: Untold<AppendMessage>): void {
    const { uploadId, bytes, duration, lastWait, end } = message;
    this.runningAppends.delete(uploadId);
    this.appends.running -= 1;
    this.appends.ended += 1;
    this.appends.bytes += bytes;
    if (end === 'newer-request') this.appends.takenOver += 1;
    if (end === 'fenced') this.appends.fenced += 1;
    this.appendDuration.add(duration);
    if (lastWait !== undefined) this.lastWait.add(lastWait);
    this.publish<AppendMessage>('append', message);
  }

  refused(message: Untold<RefusedMessage>): void {
    const { reason } = message;
    this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1);
    this.publish<RefusedMessage>('refused', message);
  }

  delivered(message: Untold<DeliveryMessage>): void {
    this.deliveries[OUTCOMES[message.outcome]] += 1;
    this.deliveryDuration.add(message.duration);
    this.publish<DeliveryMessage>('delivery', message);
  }

  /** A cleanup pass has ended, which another process did not make. */
  cleanedUp(pass: PassStats): void {
    this.cleanup = pass;
  }

  /** What a last end had left was repaired after the start. */
  recovered(pass: PassStats): void {
    this.recovery = pass;
  }

  /** The requests that bring bytes at the moment. */
  running(): RunningAppend[] {
    return Array.from(this.runningAppends, ([uploadId, { since, start, offset }]) => ({
      uploadId,
      since: new Date(since),
      offset,
      bytes: offset - start,
    }));
  }

  throughput(): ThroughputStats {
    return this.received.stats();
  }

  stats(): TusStats {
    return {
      since: this.since,
      uploads: { ...this.uploads },
      appends: {
        ...this.appends,
        duration: this.appendDuration.stats(),
        lastWait: this.lastWait.stats(),
      },
      refused: Object.fromEntries(this.refusals),
      deliveries: { ...this.deliveries, duration: this.deliveryDuration.stats() },
      ...(this.cleanup && { cleanup: this.cleanup }),
      ...(this.recovery && { recovery: this.recovery }),
    };
  }

  private publish<T>(name: keyof typeof CHANNELS, message: Untold<T>): void {
    const { [name]: to } = CHANNELS;
    if (to.hasSubscribers) to.publish({ instance: this.instance, ...message });
  }
}
