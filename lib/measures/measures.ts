import { Inject, Injectable, Optional } from '@nestjs/common';
import { channel } from 'node:diagnostics_channel';
import { TUS_NAME } from '../tus.constants.js';
import { Timing } from './timing.js';
import type {
  AppendMessage,
  DeliveryMessage,
  RefusedMessage,
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
  private readonly appendDuration = new Timing();
  private readonly lastWait = new Timing();
  private readonly refusals = new Map<string, number>();
  private readonly deliveries = { done: 0, retried: 0, dead: 0 };
  private readonly deliveryDuration = new Timing();

  constructor(@Optional() @Inject(TUS_NAME) private readonly instance?: string) {}

  changed(change: UploadChangeName, message: Untold<UploadMessage>): void {
    this.uploads[change] += 1;
    this.publish<UploadMessage>(change, message);
  }

  appendBegun(): void {
    this.appends.running += 1;
  }

  appendEnded(message: Untold<AppendMessage>): void {
    const { bytes, duration, lastWait, end } = message;
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
    };
  }

  private publish<T>(name: keyof typeof CHANNELS, message: Untold<T>): void {
    const { [name]: to } = CHANNELS;
    if (to.hasSubscribers) to.publish({ instance: this.instance, ...message });
  }
}
